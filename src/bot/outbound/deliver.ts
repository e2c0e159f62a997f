import { setTimeout as sleep } from 'node:timers/promises';
import { GrammyError, HttpError } from 'grammy';
import type { Reply, Store } from '../../store/store.js';
import type { Log } from '../log.js';
import type { BotApi } from './api.js';
import { fileIdIn, type Pictures, photoOf } from './pictures.js';

/** What became of a reply. */
export type Delivered =
  | 'sent'
  /** Telegram will not take it, now or later: it counts as sent. */
  | 'refused'
  /** It may be taken later. */
  | 'failed';

export interface DeliverDeps {
  api: BotApi;
  store: Pick<Store, 'fileId' | 'rememberFileId'>;
  pictures: Pictures;
  log: Log;
}

/** Waits before a call that got no answer is made again, ms. */
const RETRY_AFTER_MS = [250, 1_000];

/** Sends one reply, in another form when Telegram does not take the first. */
export async function deliver(
  deps: DeliverDeps,
  reply: Reply,
  signal: AbortSignal,
): Promise<Delivered> {
  try {
    await callInForm(deps, reply, signal);
    return 'sent';
  } catch (error) {
    if (signal.aborted) return 'failed';
    if (!(error instanceof GrammyError)) {
      deps.log.warn({ method: reply.method, err: error }, 'a reply was not sent');
      return 'failed';
    }
    const { error_code: status, description } = error;
    if (!EXPECTED.test(description)) {
      deps.log.warn({ method: reply.method, status, description }, 'a reply was refused');
    }
    return isFinal(status) ? 'refused' : 'failed';
  }
}

/** A bad request stays one; a player who has blocked the bot does not read what comes late. */
function isFinal(status: number): boolean {
  return status === 400 || status === 403;
}

/** Part of the game: nothing to look into. */
const EXPECTED =
  /query is too old|query ID is invalid|message is not modified|bot was blocked|user is deactivated|bot was kicked|bot is not a member/;

async function callInForm(deps: DeliverDeps, reply: Reply, signal: AbortSignal): Promise<void> {
  const imagePath = imagePathOf(reply);
  if (imagePath !== null) return sendPicture(deps, reply, imagePath, signal);
  try {
    await call(deps, reply, signal);
  } catch (error) {
    const other = otherForm(reply, error);
    if (other === null) throw error;
    await call(deps, other, signal);
  }
}

/** A message that can no longer be edited is sent anew; a group that moved has a new id. */
function otherForm({ method, payload }: Reply, error: unknown): Reply | null {
  if (!(error instanceof GrammyError)) return null;
  const movedTo = error.parameters.migrate_to_chat_id;
  if (movedTo !== undefined && !method.startsWith('edit')) {
    return { method, payload: { ...payload, chat_id: movedTo } };
  }
  if (method !== 'editMessageText' || !NOT_EDITABLE.test(error.description)) return null;
  const { message_id: _gone, ...rest } = payload;
  return { method: 'sendMessage', payload: rest };
}

const NOT_EDITABLE = /message to edit not found|message can't be edited|no text in the message/;

const ATTACHED = 'attach://';

function imagePathOf({ payload: { photo } }: Reply): string | null {
  return typeof photo === 'string' && photo.startsWith(ATTACHED)
    ? photo.slice(ATTACHED.length)
    : null;
}

/** A picture that is not to be had is left out: the text below it is what counts. */
async function sendPicture(
  deps: DeliverDeps,
  reply: Reply,
  imagePath: string,
  signal: AbortSignal,
): Promise<void> {
  for (const forgetRemembered of [false, true]) {
    const found = await photoOf(imagePath, deps.pictures, deps.store, forgetRemembered);
    if (found === null) break;
    try {
      const { photo, uploads } = found;
      const message = await call(
        deps,
        { method: reply.method, payload: { ...reply.payload, photo } },
        signal,
      );
      const fileId = uploads === null ? null : fileIdIn(message);
      if (uploads !== null && fileId !== null) await deps.store.rememberFileId(uploads, fileId);
      return;
    } catch (error) {
      if (!(error instanceof GrammyError) || error.error_code !== 400) throw error;
      deps.log.warn({ description: error.description }, 'a picture was refused');
      if (!found.isRemembered) break;
    }
  }
  const { photo: _none, caption, ...rest } = reply.payload;
  await call(deps, { method: 'sendMessage', payload: { ...rest, text: caption } }, signal);
}

/** A call that got no answer may have been executed: it is made again only a few times. */
async function call(
  { api }: DeliverDeps,
  { method, payload }: Reply,
  signal: AbortSignal,
): Promise<unknown> {
  for (const afterMs of RETRY_AFTER_MS) {
    try {
      return await api.call(method, payload, signal);
    } catch (error) {
      if (!(error instanceof HttpError) || signal.aborted) throw error;
      await sleep(afterMs, undefined, { signal });
    }
  }
  return api.call(method, payload, signal);
}
