import { undoAtEndOfFile } from './cleanup.js';

undoAtEndOfFile();
