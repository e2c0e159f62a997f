import { isIP } from 'node:net';
import { CardctlError } from '../lib/errors.js';
import type { EdgeConfig } from './config.js';
import { plainWord } from './directive.js';

export interface ServerOptions {
  /** As `nginx -v` says it, e.g. `1.22.1`. */
  nginxVersion: string;
  /** The bots keep a ledger of updates, so an update that is sent twice is executed once. */
  ledger: boolean;
}

/** The fields of the webhook's access log, as `observed-share.ts` reads them. */
const LOG_FORMAT = '$msec $cardctl_generation $status $request_time $upstream_addr';

/**
 * The text of the file beside the upstream: the webhook's server and the status listener. It stays
 * as it is while traffic is shifted.
 *
 * @throws CardctlError `usage`, for values that Nginx would misread
 */
export function renderServer(config: EdgeConfig, options: ServerOptions): string {
  return [
    '# Made by cardctl nginx. Include it, and the upstream file, in the http block.',
    '# In the main block, once, so that old workers end after a reload however slow a player is:',
    '#     worker_shutdown_timeout 65s;',
    `log_format cardctl '${LOG_FORMAT}';`,
    '',
    ...webhookServer(config, options),
    '',
    ...statusServer(config),
    '',
  ].join('\n');
}

function webhookServer(config: EdgeConfig, { nginxVersion, ledger }: ServerOptions): string[] {
  const path = webhookPath(config.webhookPath);
  return [
    'server {',
    ...listenLines(config.listenPort, nginxVersion),
    `    server_name ${plainWord('the server name', config.serverName)};`,
    `    ssl_certificate ${plainWord('the path of the certificate', config.certificate)};`,
    `    ssl_certificate_key ${plainWord('the path of its key', config.certificateKey)};`,
    '    ssl_protocols TLSv1.2 TLSv1.3;',
    '    ssl_session_cache shared:cardctl:10m;',
    '',
    '    # An update is JSON without files: some kilobytes, as a message holds 4096 characters at most.',
    '    # The bound is far above that, since Telegram sends a refused update again for a day.',
    '    client_max_body_size 1m;',
    '    client_body_buffer_size 64k;',
    '',
    `    location = ${path} {`,
    `        access_log ${plainWord('the path of the access log', config.accessLog)} cardctl;`,
    '        limit_except POST { deny all; }',
    `        proxy_pass http://${plainWord('the name of the upstream', config.upstreamName)}${pathAtBots(config)};`,
    '        # Connections to the bots are kept.',
    '        proxy_http_version 1.1;',
    '        proxy_set_header Connection "";',
    '        proxy_set_header Host $host;',
    '        proxy_set_header X-Real-IP $remote_addr;',
    '        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    '        proxy_connect_timeout 60s;',
    '        proxy_send_timeout 60s;',
    '        proxy_read_timeout 60s;',
    ...retryLines(ledger),
    '    }',
    '    location / { return 404; }',
    '}',
  ];
}

/** `http2` became a directive of its own in 1.25.1, and the old form warns since then. */
function listenLines(port: number, nginxVersion: string): string[] {
  if (isAtLeast(nginxVersion, [1, 25, 1])) return [`    listen ${port} ssl;`, '    http2 on;'];
  return [`    listen ${port} ssl http2;`];
}

function isAtLeast(version: string, wanted: readonly number[]): boolean {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (parts === undefined) {
    throw new CardctlError('usage', `${JSON.stringify(version)} is no version of Nginx`, {
      hint: 'Give it as nginx -v says it, e.g. 1.22.1',
    });
  }
  for (const [index, part] of parts.entries()) {
    const other = wanted[index] ?? 0;
    if (part !== other) return part > other;
  }
  return true;
}

function retryLines(ledger: boolean): string[] {
  const bounds = [
    '        proxy_next_upstream_tries 2;',
    '        proxy_next_upstream_timeout 60s;',
  ];
  if (ledger) {
    return [
      '        # The ledger drops an update that comes twice: an update that was sent may be sent again.',
      '        proxy_next_upstream error timeout non_idempotent;',
      ...bounds,
    ];
  }
  return [
    '        # Without a ledger an update that was sent is never sent to another bot: it might count twice.',
    '        proxy_next_upstream error timeout;',
    ...bounds,
  ];
}

/**
 * Answers the generation of the worker that took the connection. With `reuseport` the kernel deals
 * connections out evenly, so that a few dozen meet every worker. They are kept open long: that a
 * worker closes an idle one is how it shows that it has begun to shut down.
 */
function statusServer(config: EdgeConfig): string[] {
  const path = plainWord('the path of the status URL', new URL(config.statusUrl).pathname);
  return [
    'server {',
    `    listen ${statusListen(config)} reuseport;`,
    '    access_log off;',
    '    keepalive_timeout 1h;',
    `    location = ${path} {`,
    '        default_type text/plain;',
    '        return 200 "$cardctl_generation $pid\\n";',
    '    }',
    '    location / { return 404; }',
    '}',
  ];
}

/** A foreign bot may take updates at another path; the others then take them there as well. */
function pathAtBots({ servers, webhookPath }: EdgeConfig): string {
  const url = servers.find(({ foreign }) => foreign !== undefined)?.foreign?.url;
  const path = url === undefined ? webhookPath : new URL(url).pathname;
  return path === webhookPath ? '' : plainWord('the path of the foreign bot', path);
}

function statusListen({ statusUrl, statusListen }: EdgeConfig): string {
  const { hostname, port } = new URL(statusUrl);
  const listen = statusListen ?? `${hostname}:${port === '' ? '80' : port}`;
  const address = listen.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0) return plainWord('the status listener', listen);
  throw new CardctlError('usage', `the status listener has no IP address to bind: ${listen}`, {
    hint: 'Set edge.statusListen to an address of the machine of Nginx, e.g. 127.0.0.1:8081',
  });
}

function webhookPath(path: string): string {
  if (/^\/[\w-]{16,}$/.test(path)) return path;
  throw new CardctlError('usage', 'the webhook path can be guessed, or holds more than one name', {
    hint: 'Make one of 16 letters and digits or more, and never of the bot token: openssl rand -hex 16',
  });
}
