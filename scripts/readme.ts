import { writeReadme } from './command-reference.js';

writeReadme();
