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
}
`;
}
