import type { CallParams, UploadedFile } from './bot-api-body.js';
import { ApiError } from './faults.js';
import { BOT_USER, chatOf, type InlineKeyboard, type ShownMessage } from './telegram.js';

/** What Telegram tells a bot about its webhook. */
export interface WebhookInfo {
  url: string;
  pendingUpdates: number;
  connectionsMax: number;
  lastError: { at: Date; kind: string } | undefined;
}

/** What became of a call: for the bot, and for who watches what the players see. */
export interface MethodOutcome {
  result: unknown;
  /** The messages that now look like this, one or (media groups) several. */
  shown: ShownMessage[];
}

/** Answers Bot API methods as Telegram does. */
export interface Methods {
  /** @throws ApiError as Telegram refuses */
  call(method: string, params: CallParams): MethodOutcome;
  /** Message ids are common to players and bot. */
  nextMessageId(): number;
}

/** Of this many messages it is known what they look like; older ones can be edited to the same. */
const LOOKS_MAX = 20_000;

export function createMethods(webhookInfo: () => WebhookInfo, now: () => Date): Methods {
  let lastMessageId = 0;
  let hasWebhook = true;
  const looks = new Map<number, Look>();
  const nextMessageId = () => {
    lastMessageId += 1;
    return lastMessageId;
  };

  const show = (message: ShownMessage, media: object = {}): MethodOutcome => {
    looks.set(message.messageId, lookOf(message));
    if (looks.size > LOOKS_MAX) looks.delete(looks.keys().next().value ?? 0);
    return { result: messageObject(message, media, now()), shown: [message] };
  };

  const send = (params: CallParams, text: unknown, media?: object) =>
    show(
      {
        chatId: chatIdOf(params),
        messageId: nextMessageId(),
        text: String(text ?? ''),
        keyboard: params.reply_markup as InlineKeyboard | undefined,
      },
      media,
    );

  const edit = (params: CallParams, changed: { text?: unknown }): MethodOutcome => {
    const messageId = Number(params.message_id);
    const before = looks.get(messageId);
    const message = {
      chatId: chatIdOf(params),
      messageId,
      text: String(changed.text ?? before?.text ?? ''),
      keyboard: params.reply_markup as InlineKeyboard | undefined,
    };
    const { text, buttons } = lookOf(message);
    if (before?.text === text && before.buttons === buttons) throw new ApiError(400, NOT_MODIFIED);
    return show(message);
  };

  const methods: Record<string, (params: CallParams) => MethodOutcome> = {
    getme: () => plain({ ...BOT_USER, can_join_groups: true }),
    sendmessage: (params) => send(params, params.text),
    sendphoto: (params) => send(params, params.caption, { photo: photoOf(params.photo, params) }),
    sendmediagroup: (params) => {
      const media = Array.isArray(params.media) ? (params.media as CallParams[]) : [];
      const sent = media.map((one) =>
        send({ chat_id: params.chat_id }, one.caption, { photo: photoOf(one.media, params) }),
      );
      return {
        result: sent.map(({ result }) => result),
        shown: sent.flatMap(({ shown }) => shown),
      };
    },
    editmessagetext: (params) => edit(params, { text: params.text }),
    editmessagecaption: (params) => edit(params, { text: params.caption }),
    editmessagereplymarkup: (params) => edit(params, {}),
    setwebhook: () => {
      hasWebhook = true;
      return plain(true);
    },
    deletewebhook: () => {
      hasWebhook = false;
      return plain(true);
    },
    getwebhookinfo: () => plain(webhookObject(webhookInfo(), hasWebhook)),
    getupdates: () => {
      if (hasWebhook) throw new ApiError(409, WEBHOOK_IS_SET);
      return plain([]);
    },
  };

  return {
    nextMessageId,
    // Telegram does not mind the case. What a load test has no use for is answered with true.
    call: (method, params) => methods[method.toLowerCase()]?.(params) ?? plain(true),
  };
}

const NOT_MODIFIED =
  'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message';

const NO_PHOTO = 'Bad Request: there is no photo in the request';

const WEBHOOK_IS_SET =
  "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";

function plain(result: unknown): MethodOutcome {
  return { result, shown: [] };
}

function chatIdOf({ chat_id }: CallParams): number {
  const chatId = Number(chat_id);
  if (Number.isSafeInteger(chatId) && chatId !== 0) return chatId;
  throw new ApiError(400, 'Bad Request: chat not found');
}

interface Look {
  text: string;
  buttons: string;
}

function lookOf({ text, keyboard }: ShownMessage): Look {
  return { text, buttons: JSON.stringify(keyboard?.inline_keyboard ?? []) };
}

function messageObject(
  { chatId, messageId, text, keyboard }: ShownMessage,
  media: object,
  at: Date,
) {
  return {
    message_id: messageId,
    from: BOT_USER,
    chat: chatOf(chatId),
    date: Math.floor(at.getTime() / 1_000),
    ...('photo' in media ? { caption: text } : { text }),
    ...media,
    ...(keyboard === undefined ? {} : { reply_markup: keyboard }),
  };
}

/** A `file_id` stays what it is; an upload or a URL gets one that tells equal pictures apart. */
function photoOf(photo: unknown, params: CallParams) {
  const fileId = fileIdOf(photo, params);
  const fileUniqueId = `u${fileId.slice(-40)}`;
  return [{ file_id: fileId, file_unique_id: fileUniqueId, width: 512, height: 512 }];
}

function fileIdOf(photo: unknown, params: CallParams): string {
  if (typeof photo === 'string' && photo.startsWith('attach://')) {
    return fileIdOf(params[photo.slice('attach://'.length)], params);
  }
  if (typeof photo === 'string') {
    return /^https?:/.test(photo) ? `photo-${encodeURIComponent(photo)}` : photo;
  }
  const { fileName, fileBytes } = (photo ?? {}) as Partial<UploadedFile>;
  if (fileName === undefined) throw new ApiError(400, NO_PHOTO);
  return `photo-${encodeURIComponent(fileName)}-${fileBytes}`;
}

function webhookObject(info: WebhookInfo, hasWebhook: boolean) {
  return {
    url: hasWebhook ? info.url : '',
    has_custom_certificate: false,
    pending_update_count: info.pendingUpdates,
    max_connections: info.connectionsMax,
    ...(info.lastError === undefined
      ? {}
      : {
          last_error_date: Math.floor(info.lastError.at.getTime() / 1_000),
          last_error_message: info.lastError.kind,
        }),
  };
}
