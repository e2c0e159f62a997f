import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent } from 'undici';
import type { EdgeConfig, EdgeServer, Stack } from '../../src/edge/config.js';
import { planShift } from '../../src/edge/plan-shift.js';
import { renderServer } from '../../src/edge/render-server.js';
import { atEnd } from './cleanup.js';
import { freePort } from './free-port.js';
import { type Nginx, nginxHome, startNginx } from './nginx.js';

/** A bot that answers every update, and remembers them. */
export interface TestBot {
  server: EdgeServer;
  /** Bodies, in the order of their arrival. */
  updates: string[];
  /** What `/readyz` answers; to be changed in place. */
  readonly readiness: { status: number; text: string };
  /** Of the last update. */
  headers: IncomingHttpHeaders;
  /** That were opened to it. */
  connections: number;
  /** It closes the connection of an update that it has read, and answers nothing. */
  breaksOff: boolean;
  stop(): Promise<void>;
}

/** A whole edge: one legacy and three fleet servers behind a private Nginx, at 0%. */
export interface TestEdge {
  config: EdgeConfig;
  nginx: Nginx;
  home: string;
  bots: TestBot[];
  /** Sends one update over kept connections, and returns the status of the answer. */
  post(body: string): Promise<number>;
}

const WEBHOOK_PATH = '/hook-0123456789abcdef';

/** Starts an edge; it is stopped when the test, or outside one its file, ends. */
export async function startEdge(): Promise<TestEdge> {
  const bots = await Promise.all([
    startBot('legacy-1', 'legacy'),
    ...[1, 2, 3].map((number) => startBot(`fleet-${number}`, 'fleet')),
  ]);
  const { nginx, home, config } = await startWithRetry(bots);
  atEnd(() => nginx.stop());
  const agent = new Agent({
    connections: 16,
    connect: { ca: await readFile(join(home, 'cert.pem'), 'utf8'), servername: 'bot.test' },
  });
  atEnd(() => agent.close());
  const post = async (body: string) => {
    const { statusCode, body: answer } = await agent.request({
      origin: `https://127.0.0.1:${config.listenPort}`,
      path: WEBHOOK_PATH,
      method: 'POST',
      headers: { host: config.serverName },
      body,
    });
    await answer.dump();
    return statusCode;
  };
  return { config, nginx, home, bots, post };
}

/** A port that was free may be taken by the time Nginx binds it. */
async function startWithRetry(
  bots: readonly TestBot[],
): Promise<{ nginx: Nginx; home: string; config: EdgeConfig }> {
  for (let attempt = 1; ; attempt++) {
    const home = await nginxHome();
    const config = await configIn(home, bots);
    try {
      const nginx = await startNginx(home, [config.upstreamFile, join(home, 'server.conf')]);
      const [program, ...args] = nginx.command;
      config.commands = {
        test: [program, ...args, '-t'],
        reload: [program, ...args, '-s', 'reload'],
        timeoutMsMax: 20_000,
      };
      return { nginx, home, config };
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function configIn(home: string, bots: readonly TestBot[]): Promise<EdgeConfig> {
  const config: EdgeConfig = {
    servers: bots.map(({ server }) => server),
    upstreamName: 'bot_backend',
    upstreamFile: join(home, 'upstream.conf'),
    webhookPath: WEBHOOK_PATH,
    serverName: 'bot.test',
    listenPort: await freePort(),
    certificate: join(home, 'cert.pem'),
    certificateKey: join(home, 'key.pem'),
    accessLog: join(home, 'webhook.log'),
    statusUrl: `http://127.0.0.1:${await freePort()}/generation`,
    commands: { test: ['false'], reload: ['false'], timeoutMsMax: 1_000 },
  };
  await makeCertificate(config);
  await writeFile(config.upstreamFile, planShift(config, 0, undefined).text);
  await writeFile(
    join(home, 'server.conf'),
    renderServer(config, { nginxVersion: '1.22.1', ledger: false }),
  );
  return config;
}

/** A certificate for the server's name and for loopback. */
export async function makeCertificate({
  certificate,
  certificateKey,
  serverName,
}: Pick<EdgeConfig, 'certificate' | 'certificateKey' | 'serverName'>): Promise<void> {
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...[
      '-days',
      '2',
      '-subj',
      `/CN=${serverName}`,
      '-addext',
      `subjectAltName=DNS:${serverName},IP:127.0.0.1`,
    ],
    ...['-out', certificate, '-keyout', certificateKey],
  ]);
}

async function startBot(name: string, stack: Stack): Promise<TestBot> {
  const server = createServer((request, response) => {
    const { readiness, updates } = bot;
    if (request.url === '/readyz') {
      response.writeHead(readiness.status).end(readiness.text);
      return;
    }
    bot.headers = request.headers;
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      updates.push(body);
      if (bot.breaksOff) request.socket.destroy();
      else response.end('ok');
    });
  });
  server.on('connection', () => {
    bot.connections++;
  });
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  atEnd(stop);
  const bot: TestBot = {
    server: { name, stack, address, adminUrl: `http://${address}` },
    updates: [],
    readiness: { status: 200, text: 'ready' },
    headers: {},
    connections: 0,
    breaksOff: false,
    stop,
  };
  return bot;
}
