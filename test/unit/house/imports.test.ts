import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { importCircles } from './import-circles.js';
import { breachesOf } from './import-rule.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

describe('this repository', () => {
  const tree = readTree();

  it('has sources to check', () => {
    expect([...tree.keys()]).toContain('src/lib/errors.ts');
  });

  it('keeps the import rule', () => {
    expect(breachesOf(tree)).toEqual([]);
  });

  it('has no circle of imports between files', () => {
    expect(importCircles(tree)).toEqual([]);
  });
});

describe('files do not import one another in a circle', () => {
  it.each([
    ['an import', "import './b.js';"],
    ['a type import', "import type { B } from './b.js';"],
    ['a type in place', "export type B = import('./b.js').B;"],
    ['a re-export', "export type { B } from './b.js';"],
    ['a dynamic import', "export const load = () => import('./b.js');"],
  ])('refuses %s that closes one', (_kind, text) => {
    expect(
      circles({ 'src/lib/a.ts': text, 'src/lib/b.ts': "import type { A } from './a.js';" }),
    ).toEqual(['src/lib/a.ts → src/lib/b.ts → src/lib/a.ts']);
  });

  it('names a longer one once, and each of several', () => {
    expect(
      circles({
        'src/lib/c.ts': "import '../schema/a.js';",
        'src/schema/a.ts': "import './deep/b.js';",
        'src/schema/deep/b.ts': "import '../../lib/c.js'; import './b.js';",
        'src/lib/beside.ts': "import './c.js';",
      }),
    ).toEqual([
      'src/lib/c.ts → src/schema/a.ts → src/schema/deep/b.ts → src/lib/c.ts',
      'src/schema/deep/b.ts → src/schema/deep/b.ts',
    ]);
  });

  it('lets two files import a third, and what is in comments and packages', () => {
    expect(
      circles({
        'src/lib/a.ts': "import './b.js'; import './c.js'; // import './a.js'",
        'src/lib/b.ts': "import './c.js'; import 'a.js';",
        'src/lib/c.ts': '',
      }),
    ).toEqual([]);
  });
});

describe('imports point down the list of folders', () => {
  it('lets a file import from its own folder and from folders below', () => {
    expect(
      breaches({
        'src/cli/main.ts': "import { steps } from '../steps/index.js';",
        'src/schema/map.ts': "import './read.js'; import '../lib/errors.js';",
      }),
    ).toEqual([]);
  });

  it.each([
    ['an import', "import { open } from '../drivers/postgres.js';"],
    ['a type import', "import type { Pool } from '../drivers/postgres.js';"],
    ['a type in place', "export type Pool = import('../drivers/postgres.js').Pool;"],
    ['a re-export', "export { open } from '../drivers/postgres.js';"],
    ['a re-export of everything', "export * from '../drivers/postgres.js';"],
    ['a dynamic import', "export const load = () => import('../drivers/postgres.js');"],
  ])('refuses %s from a folder above', (_kind, text) => {
    expect(breaches({ 'src/lib/retry.ts': `// first line\n${text}` })).toEqual([
      'src/lib/retry.ts:2: lib must not import drivers, which is above it',
    ]);
  });

  it.each([
    ['cli', 'steps'],
    ['steps', 'journal'],
    ['journal', 'bot'],
    ['bot', 'game'],
    ['game', 'store'],
    ['store', 'sync'],
    ['sync', 'snapshot'],
    ['snapshot', 'schema'],
    ['schema', 'edge'],
    ['edge', 'drivers'],
    ['drivers', 'lib'],
  ])('has %s above %s', (upper, lower) => {
    expect(breaches({ [`src/${upper}/a.ts`]: `import '../${lower}/b.js';` })).toEqual([]);
    expect(breaches({ [`src/${lower}/b.ts`]: `import '../${upper}/a.js';` })).toHaveLength(1);
  });

  it('refuses a folder that is not in the list, and a file in no folder', () => {
    expect(breaches({ 'src/utils/a.ts': '', 'src/index.ts': '' })).toEqual([
      'src/utils/a.ts: is in no folder that the import rule lists',
      'src/index.ts: is in no folder that the import rule lists',
    ]);
  });

  it('refuses an import from outside src', () => {
    expect(breaches({ 'src/lib/a.ts': "import '../../test/support/temp-dir.js';" })).toEqual([
      'src/lib/a.ts:1: imports test/support/temp-dir.js, outside src',
    ]);
  });

  it('does not take a comment or a string for an import', () => {
    expect(
      breaches({
        'src/lib/a.ts': "// import '../cli/a.js'\nexport const a = \"import '../cli/a.js'\";",
      }),
    ).toEqual([]);
  });
});

describe('steps do not import one another', () => {
  it('lets the index import every step, and a step its own parts and what steps share', () => {
    expect(
      breaches({
        'src/steps/index.ts': "import './backup.js'; import './migrate/index.js';",
        'src/steps/backup.ts': "import './step.js'; import './context.js';",
        'src/steps/migrate/index.ts': "import './copy.js'; import '../step.js';",
      }),
    ).toEqual([]);
  });

  it.each([
    ['src/steps/verify.ts', './backup.js', 'verify', 'backup'],
    ['src/steps/verify.ts', './migrate/copy.js', 'verify', 'migrate'],
    ['src/steps/migrate/copy.ts', '../backup.js', 'migrate', 'backup'],
    ['src/steps/migrate/copy.ts', '../verify/index.js', 'migrate', 'verify'],
    ['src/steps/step.ts', './backup.js', 'step', 'backup'],
    ['src/steps/backup.ts', './index.js', 'backup', 'index'],
  ])('refuses %s importing %s', (path, specifier, from, to) => {
    expect(breaches({ [path]: `import type { A } from '${specifier}';` })).toEqual([
      `${path}:1: steps/${from} must not import steps/${to}, which is beside it`,
    ]);
  });
});

describe('launchers import only cli', () => {
  it('allows the built or the source cli, and what Node brings', () => {
    expect(
      breaches({
        'bin/cardctl':
          "#!/usr/bin/env node\nimport 'node:fs'; await import('../dist/cli/main.js');",
      }),
    ).toEqual([]);
  });

  it.each(['../dist/steps/index.js', '../src/lib/errors.js', 'commander', 'pg'])(
    'refuses %s',
    (specifier) => {
      expect(breaches({ 'bin/cardctl': `#!/usr/bin/env node\nimport '${specifier}';` })).toEqual([
        expect.stringMatching(/^bin\/cardctl:2: a launcher imports only cli, not /),
      ]);
    },
  );
});

describe('only cli prints, exits and draws', () => {
  const statements = [
    ['console.log(1);', 'console'],
    ['console.error(1);', 'console'],
    ['const { log } = console;', 'console'],
    ['globalThis.console.log(1);', 'console'],
    ["process.stdout.write('a');", 'process.stdout'],
    ["process.stderr.write('a');", 'process.stderr'],
    ['const { stdout } = process;', 'process.stdout'],
    ["import { stderr } from 'node:process';", 'process.stderr'],
    ['const p = process;', 'process.*'],
  ] as const;

  it.each(statements)('refuses %s elsewhere', (statement, name) => {
    expect(breaches({ 'src/steps/backup.ts': statement })).toEqual([
      `src/steps/backup.ts:1: only cli may use ${name}`,
    ]);
  });

  it.each(['process.exit(1);', 'globalThis.process.exit(1);', "import { exit } from 'process';"])(
    'refuses %s elsewhere, in a launcher too',
    (statement) => {
      expect(breaches({ 'src/lib/a.ts': statement, 'bin/cardctl': statement })).toEqual(
        expect.arrayContaining([
          'src/lib/a.ts:1: only cli may call process.exit',
          'bin/cardctl:1: only cli may call process.exit',
        ]),
      );
    },
  );

  it.each(['commander', 'listr2', 'cli-progress', 'cli-table3'])(
    'refuses %s elsewhere, as a type too',
    (name) => {
      expect(breaches({ 'src/steps/backup.ts': `import type { A } from '${name}';` })).toEqual([
        `src/steps/backup.ts:1: only cli may import ${name}`,
      ]);
    },
  );

  it('lets cli do all of it', () => {
    const text = [...statements.map(([statement]) => statement), 'process.exit(1);'].join('\n');
    expect(
      breaches({ 'src/cli/main.ts': `import 'commander'; import 'listr2';\n${text}` }),
    ).toEqual([]);
  });

  it('lets anybody use the rest of process, and names that only look alike', () => {
    expect(
      breaches({
        'src/lib/a.ts': 'process.memoryUsage(); process.exitCode = 1; a.console(b.process.exit);',
      }),
    ).toEqual([]);
  });
});

describe('only drivers open connections', () => {
  it.each(['pg', 'pg/lib/type-overrides.js', 'better-sqlite3'])('refuses %s elsewhere', (name) => {
    expect(breaches({ 'src/sync/apply.ts': `import driver from '${name}';` })).toEqual([
      `src/sync/apply.ts:1: only drivers may import ${name}, other than as a type`,
    ]);
    expect(breaches({ 'src/sync/apply.ts': `const driver = require('${name}');` })).toHaveLength(1);
  });

  it('refuses an import of types alone that still loads the package', () => {
    expect(breaches({ 'src/sync/apply.ts': "import { type Pool } from 'pg';" })).toHaveLength(1);
  });

  it('lets anybody import their types, and drivers all of it', () => {
    expect(
      breaches({
        'src/sync/apply.ts': "import type { Pool } from 'pg';",
        'src/drivers/postgres.ts': "import pg from 'pg';",
      }),
    ).toEqual([]);
  });
});

function breaches(files: Record<string, string>): string[] {
  return breachesOf(new Map(Object.entries(files)));
}

function circles(files: Record<string, string>): string[] {
  return importCircles(new Map(Object.entries(files)));
}

function readTree(): Map<string, string> {
  const paths = ['src', 'bin'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && (folder === 'bin' || entry.name.endsWith('.ts')))
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).replace(/^\//, '')),
  );
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}
