/** The files of the machine that Nginx runs on. All methods throw CardctlError `edge`. */
export interface EdgeFiles {
  /** Undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** Writes it anew; on disk when this returns. */
  write(path: string, text: string): Promise<void>;
  /** Replaces what had the name, in one instant. */
  rename(from: string, to: string): Promise<void>;
  /** Undefined when there is no such file. */
  stat(path: string): Promise<FileState | undefined>;
  /** The bytes from that offset to the end of the file. */
  readFrom(path: string, offset: number): Promise<Buffer>;
  /** Where the file of that id is now, if it was renamed within its directory and this can tell. */
  find(path: string, id: string): Promise<string | undefined>;
}

export interface FileState {
  /** The inode: stays when the file is renamed. */
  id: string;
  bytes: number;
}
