import type { Executor } from './executor.js';
import { textOf } from './values.js';

/** The Bot API's id of a picture that was uploaded before. */
export async function findFileId(db: Executor, imagePath: string): Promise<string | null> {
  const sql = 'SELECT file_id FROM cardbot_file WHERE image_path = $1';
  const [row] = await db.run(sql, [imagePath]);
  return row === undefined ? null : textOf(row.file_id);
}

export function rememberFileId(db: Executor, imagePath: string, fileId: string): void {
  db.send(
    `INSERT INTO cardbot_file (image_path, file_id) VALUES ($1, $2)
     ON CONFLICT (image_path) DO UPDATE SET file_id = excluded.file_id`,
    [imagePath, fileId],
  );
}
