import { countsLineOf } from './test-counts.js';

console.log(countsLineOf(process.argv[2] ?? '.vitest/report.json'));
