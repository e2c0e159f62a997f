export { type BackupPlan, planBackup } from './plan.js';
export { type BackupResult, writeBackup } from './write.js';
