import { describe, expect, it } from 'vitest';
import type { EdgeConfig } from '../../../src/edge/config.js';
import { renderServer } from '../../../src/edge/render-server.js';

const CONFIG: EdgeConfig = {
  servers: [],
  upstreamName: 'bot_backend',
  upstreamFile: '/etc/nginx/cardctl-upstream.conf',
  webhookPath: '/hook-0123456789abcdef',
  serverName: 'bot.example.com',
  listenPort: 443,
  certificate: '/etc/ssl/bot.pem',
  certificateKey: '/etc/ssl/bot.key',
  accessLog: '/var/log/nginx/cardctl.log',
  statusUrl: 'http://127.0.0.1:8081/generation',
  commands: { test: ['nginx', '-t'], reload: ['nginx', '-s', 'reload'], timeoutMsMax: 10_000 },
};

const render = (config: Partial<EdgeConfig> = {}, nginxVersion = '1.22.1', ledger = true) =>
  renderServer({ ...CONFIG, ...config }, { nginxVersion, ledger });

it('the file is the server block of the guide, with a log and a status listener', () => {
  expect(render()).toBe(`\
# Made by cardctl nginx. Include it, and the upstream file, in the http block.
# In the main block, once, so that old workers end after a reload however slow a player is:
#     worker_shutdown_timeout 65s;
log_format cardctl '$msec $cardctl_generation $status $request_time $upstream_addr';

server {
    listen 443 ssl http2;
    server_name bot.example.com;
    ssl_certificate /etc/ssl/bot.pem;
    ssl_certificate_key /etc/ssl/bot.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:cardctl:10m;

    # An update is JSON without files: some kilobytes, as a message holds 4096 characters at most.
    # The bound is far above that, since Telegram sends a refused update again for a day.
    client_max_body_size 1m;
    client_body_buffer_size 64k;

    location = /hook-0123456789abcdef {
        access_log /var/log/nginx/cardctl.log cardctl;
        limit_except POST { deny all; }
        proxy_pass http://bot_backend;
        # Connections to the bots are kept.
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_connect_timeout 60s;
        proxy_send_timeout 60s;
        proxy_read_timeout 60s;
        # The ledger drops an update that comes twice: an update that was sent may be sent again.
        proxy_next_upstream error timeout non_idempotent;
        proxy_next_upstream_tries 2;
        proxy_next_upstream_timeout 60s;
    }
    location / { return 404; }
}

server {
    listen 127.0.0.1:8081 reuseport;
    access_log off;
    keepalive_timeout 1h;
    location = /generation {
        default_type text/plain;
        return 200 "$cardctl_generation $pid\\n";
    }
    location / { return 404; }
}
`);
});

it('without a ledger an update that was sent is not sent again', () => {
  const text = render({}, '1.22.1', false);
  expect(text).toContain('        proxy_next_upstream error timeout;\n');
  expect(text).not.toContain('non_idempotent');
});

describe('http2 is switched on as that version of Nginx has it', () => {
  it.each(['1.18.0', '1.25.0', '1.9.15', '0.8.55'])('%s: with listen', (version) => {
    expect(render({}, version)).toContain('    listen 443 ssl http2;\n');
  });

  it.each(['1.25.1', '1.26.0', '1.29.3 (Ubuntu)', '2.0.0'])('%s: with http2 on', (version) => {
    expect(render({}, version)).toContain('    listen 443 ssl;\n    http2 on;\n');
  });

  it('of what is no version nothing is guessed', () => {
    expect(() => render({}, 'nginx')).toThrow('"nginx" is no version of Nginx');
  });
});

describe('what would end a directive is refused', () => {
  it.each([
    ['serverName', 'bot.example.com; return 200'],
    ['certificate', '/etc/ssl/my bot.pem'],
    ['certificateKey', '/etc/ssl/$host.key'],
    ['accessLog', '/var/log/a{b}.log'],
    ['upstreamName', 'bot"backend'],
  ] as const)('in %s', (field, value) => {
    expect(() => render({ [field]: value })).toThrow('cannot stand in an Nginx file');
  });

  it.each(['/', '/webhook', '/hook-0123456789abcdef/x', '/hook-0123456789abc;def'])(
    'a webhook path that is short or odd: %s',
    (webhookPath) => {
      expect(() => render({ webhookPath })).toThrow('the webhook path');
    },
  );
});

it.each([
  ['/webhook', 'proxy_pass http://bot_backend/webhook;'],
  [CONFIG.webhookPath, 'proxy_pass http://bot_backend;'],
])('updates come to a foreign bot at its own path: %s', (path, line) => {
  const url = `http://10.0.1.9:8081${path}`;
  const address = '10.0.1.9:8081';
  const text = render({
    servers: [{ name: 'legacy', stack: 'legacy', address, foreign: { url } }],
  });
  expect(text).toContain(`        ${line}\n`);
});

describe('the status listener', () => {
  it('binds what it is told when the URL leads through a tunnel', () => {
    const statusUrl = 'http://localhost:9000/generation';
    expect(render({ statusUrl, statusListen: '10.0.1.2:8081' })).toContain(
      'listen 10.0.1.2:8081 reuseport;',
    );
    expect(() => render({ statusUrl })).toThrow('has no IP address to bind: localhost:9000');
  });

  it('takes IPv6 and the default port', () => {
    expect(render({ statusUrl: 'http://[::1]/generation' })).toContain(
      'listen [::1]:80 reuseport;',
    );
  });
});
