export { type BackupPlan, type PlanOptions, planBackup } from './plan.js';
export { type BackupOptions, type BackupResult, writeBackup } from './write.js';
