/** What `cardctl init` writes: every key, said what it is for, the optional ones commented out. */
export function configTemplate(source: string | undefined): string {
  const sourceLine =
    source === undefined ? '// "source": "game_bot.db",' : `"source": ${JSON.stringify(source)},`;
  return `// Configuration of cardctl. Comments and trailing commas are allowed.
// Flags come before environment variables (CARDCTL_SOURCE, CARDCTL_TARGET, CARDCTL_WORK_DIR, ...),
// and these before this file. \${NAME} stands for an environment variable. Relative paths start at
// this file's directory.
{
  // The bot's SQLite database. It is only read.
  ${sourceLine}

  // The Postgres to move to. Without one, cardctl runs its own in the work directory.
  // Keep passwords out of this file: \${NAME}, or "password": {"file": "path"} as below.
  // "target": "\${DATABASE_URL}",
  // The database block of the bot's config.json is understood as it stands, too:
  // "database": {
  //   "type": "postgresql", "host": "10.0.1.40", "port": 5432, "database": "card_game",
  //   "user": "bot_user", "password": {"file": "/run/secrets/postgres"}, "read_replica": "10.0.1.41",
  // },

  // Where the journal and unfinished work are kept.
  // "workDir": ".cardctl",

  "backup": {
    // Where backups go. Default: backups in the work directory.
    // "out": "backups",
    // How many backups of a source to keep. Default: all.
    // "keep": 7,
    // Longest time, in milliseconds, for which the bot's writes may be held.
    "holdMsMax": 3000,
  },

  "migrate": {
    // Connections that load at the same time. Default: as many as there are processors.
    // "jobs": 2,
    // A row that the target cannot hold: "fail" stops before anything is changed,
    // "reject" puts it aside in a file.
    "onBadRow": "fail",
    // Foreign keys that the data breaks (open challenges have opponent_id = 0): "omit" leaves
    // them out, so that the game goes on; "not-valid" creates them for new rows only.
    "brokenForeignKeys": "omit",
    // The same for checks: Postgres refuses any later change of a row that breaks one, too.
    "brokenChecks": "omit",
  },

  // Types by choice: bigint, double precision, numeric, boolean, text, bytea, timestamp, date,
  // uuid, json. A name with a dot in it is quoted: "\\"my.table\\".\\"a.b\\"".
  "types": {
    // "players.last_claim": "timestamp",
  },

  // What to do with a value that its column's type cannot hold: "fail", "reject", "null",
  // "strip-nul", or an object from value to value.
  "onBadValue": {
    // "cards.enabled": {"yes": "1", "no": "0"},
  },

  // Names of indexes and checks that are left out knowingly.
  "skip": [],

  // ---- The bots on either side of the move, for shift, nginx, warm, loadtest and cardbot ----

  // "telegram": {
  //   "token": "\${BOT_TOKEN}",
  //   // What Telegram sends with every update, as given to setWebhook: 1 to 256 of A-Z a-z 0-9 _ -
  //   "secretToken": "\${BOT_SECRET}",
  //   // A path that nobody can guess. The bots and Nginx take updates there and nowhere else.
  //   "webhookPath": "/hook-0123456789abcdef",
  // },

  // "runtime": {
  //   // The bearer token of the bots' admin listeners (/readyz, /metrics, /cordon).
  //   "adminToken": {"file": "/run/secrets/cardbot-admin"},
  //   // What bots show each other when they forward an update to the side that may write.
  //   "peerSecret": {"file": "/run/secrets/cardbot-peer"},
  //   // The zone in which the bot has always written its times. Default: that of this machine.
  //   "timeZone": "Asia/Tehran",
  //   // Card pictures: a directory that image_path starts at, or a CDN in front of it.
  //   "images": "images",
  //   // "cdn": "https://cdn.example.org/cards/",
  //   // What one bot sends at most. Telegram bears 30, and more where paid broadcasts are allowed.
  //   // "messagesPerSecond": 30,
  // },

  // The legacy bot: "cardbot", named under "bots" below, or "foreign": your own, unchanged, behind
  // the webhook that it has. It is taken into "bots" by itself, under the name "legacy"; list the
  // fleet alone there. Its address must be one that Nginx and all machines of the fleet reach.
  // It keeps no ledger, so an update that is delivered to it twice may count twice: that is as it
  // was, and ends with its share of the traffic. What cardbot does is done once.
  // "legacy": {
  //   "kind": "foreign", "url": "http://10.0.1.9:8081/webhook",
  //   // Answers 2xx when it is well. Without one, that it takes connections has to do.
  //   "health": "http://10.0.1.9:8081/health",
  // },

  // "bots": [
  //   {"name": "legacy-1", "stack": "legacy", "address": "10.0.1.9:8443", "admin": "http://10.0.1.9:9443"},
  //   {"name": "fleet-1", "stack": "fleet", "address": "10.0.1.10:8443", "admin": "http://10.0.1.10:9443"},
  //   {"name": "fleet-2", "stack": "fleet", "address": "10.0.1.11:8443", "admin": "http://10.0.1.11:9443"},
  //   {"name": "fleet-3", "stack": "fleet", "address": "10.0.1.12:8443", "admin": "http://10.0.1.12:9443"},
  // ],

  // One URL, or a list of the URLs of a cluster.
  // "redis": "redis://:\${REDIS_PASSWORD}@10.0.1.30:6379",

  // "nginx": {
  //   // The one file that cardctl owns, and the server block that cardctl nginx writes.
  //   "upstreamFile": "/etc/nginx/conf.d/cardctl-upstream.conf",
  //   "serverFile": "/etc/nginx/conf.d/cardctl-server.conf",
  //   "serverName": "bot.example.org",
  //   "certificate": "/etc/letsencrypt/live/bot.example.org/fullchain.pem",
  //   "certificateKey": "/etc/letsencrypt/live/bot.example.org/privkey.pem",
  //   "accessLog": "/var/log/nginx/cardctl.log",
  //   // Nginx on another machine: how to test, reload and reach its files. No shell reads these.
  //   // "test": ["ssh", "lb", "nginx", "-t"], "reload": ["ssh", "lb", "nginx", "-s", "reload"],
  //   // "files": {
  //   //   "read": ["ssh", "lb", "cat", "{path}"],
  //   //   "write": ["ssh", "lb", "dd", "of={path}", "conv=fsync", "status=none"],
  //   //   "rename": ["ssh", "lb", "mv", "-f", "{from}", "{to}"],
  //   //   "stat": ["ssh", "lb", "stat", "--printf=%i:%s", "{path}"],
  //   //   "readFrom": ["ssh", "lb", "tail", "-c", "+{position}", "{path}"],
  //   // },
  // },

  // ---- The live move ----

  // "follow": {
  //   // Where cardctl follow has its /metrics; runtime.adminToken is asked for there.
  //   "listen": "127.0.0.1:9464",
  // },

  // How long players may wait while the authority moves, in milliseconds; and how many changes the
  // follower may be behind when it begins. When it takes longer, everything is as before.
  // "promote": {"drainMsMax": 2000, "catchUpMsMax": 5000, "backlogMax": 1000},

  // How cutover moves the traffic, and what has to be right before each step. These are the
  // defaults.
  // "cutover": {
  //   // Percent of the traffic to the fleet. Behind one of them the target takes the writes.
  //   "steps": [10, 25, 50, 100],
  //   "promoteAfter": 50,
  //   // How long the gates of a step may take to decide; then cutover holds the step it is at.
  //   "holdSeconds": 900,
  //   // Where to read what the bots count. Default: from their own /metrics.
  //   // "prometheus": {"url": "http://10.0.1.50:9090", "token": {"file": "/run/secrets/prometheus"}},
  //   "limits": {
  //     // Updates that may fail: a share, to be proven at 95%. That 0.001 is kept takes at least
  //     // 2,995 updates without a failure within holdSeconds; 0.01 takes 299.
  //     "errorRate": 0.001,
  //     // Milliseconds that 99 of 100 updates must be answered in.
  //     "p99Ms": 500,
  //     // Milliseconds that the other database may be behind.
  //     "lagMs": 1000,
  //     // Updates that may wait at Telegram, and how many seconds old one may be when it comes.
  //     "pendingUpdates": 100,
  //     "updateAgeS": 10,
  //     // Values that Redis must have: a share. null where there is no Redis.
  //     "hitRate": 0.7,
  //     // Fewer requests than these pass no gate.
  //     "samplesMin": 1000,
  //   },
  // },
}
`;
}
