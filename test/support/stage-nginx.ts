import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findServer } from '../../scripts/servers/find.js';
import { runCardctl } from './cardctl.js';
import { atEnd } from './cleanup.js';
import { makeCertificate } from './edge.js';
import { freePort } from './free-port.js';
import { type Nginx, nginxHome, startNginx } from './nginx.js';
import { makeStage, type Stage, type StageOptions, WEBHOOK_PATH } from './stage.js';

/** A stage behind an Nginx that `cardctl nginx` configured, all traffic to legacy. */
export interface StageBehindNginx {
  stage: Stage;
  nginx: Nginx;
  /** Where Telegram posts updates. */
  url: string;
  certificate: string;
  /** Its directory, with its error log. */
  home: string;
}

export interface EdgeStageOptions extends StageOptions {
  /** How long Nginx waits for a bot's answer, instead of the minute that Telegram waits. */
  answerSecondsMax?: number;
}

/** Writes the configuration and starts Nginx; no bot is started yet. */
export async function makeStageBehindNginx(options: EdgeStageOptions): Promise<StageBehindNginx> {
  const home = await nginxHome();
  const files = {
    upstreamFile: join(home, 'upstream.conf'),
    serverFile: join(home, 'server.conf'),
    certificate: join(home, 'cert.pem'),
    certificateKey: join(home, 'key.pem'),
    serverName: 'bot.test',
  };
  await makeCertificate(files);
  const listenPort = await freePort();
  const program = findServer('nginx')?.path ?? 'nginx';
  const command = [program, '-e', join(home, 'error.log'), '-c', join(home, 'nginx.conf')];
  const stage = await makeStage({
    ...options,
    more: {
      ...options.more,
      nginx: {
        ...files,
        listenPort,
        accessLog: join(home, 'webhook.log'),
        statusUrl: `http://127.0.0.1:${await freePort()}/generation`,
        test: [...command, '-t'],
        reload: [...command, '-s', 'reload'],
      },
    },
  });
  const args = ['nginx', '--json', '--config', stage.configPath];
  const { result } = JSON.parse((await runCardctl(args)).stdout);
  await writeFile(files.upstreamFile, result.upstream);
  const { answerSecondsMax = 60 } = options;
  await writeFile(
    files.serverFile,
    result.server.replace('proxy_read_timeout 60s', `proxy_read_timeout ${answerSecondsMax}s`),
  );
  const nginx = await startNginx(home, [files.upstreamFile, files.serverFile]);
  atEnd(() => nginx.stop());
  const url = `https://127.0.0.1:${listenPort}${WEBHOOK_PATH}`;
  return { stage, nginx, url, certificate: files.certificate, home };
}
