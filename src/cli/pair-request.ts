import type { Config } from './config/index.js';
import { moveRules } from './config/move-rules.js';
import type { PairRequest } from './engine/pair.js';
import { requireSource } from './require-source.js';

/** Where the two databases of a configured move are. */
export function pairRequest(config: Config, command: string): PairRequest {
  return {
    sourcePath: requireSource(config, command),
    targetUrl: config.target?.url ?? null,
    workDir: config.workDir,
    rules: moveRules(config),
  };
}
