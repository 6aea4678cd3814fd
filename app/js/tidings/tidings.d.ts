/**
 * Opens a stream to Tidings and keeps it open across reloads, server restarts, sleep and network changes.
 * No message is lost or delivered twice. Messages that are no longer available are reported as a `gap`.
 *
 * It connects when the first handler for `message` is added, so that no message comes before.
 */
export function connect(options?: Options): Tidings

export interface Options {
  /** The URL of Tidings. Default: the server that this module was loaded from. */
  url?: string
  /** The client id: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ : @ -`. Default: a UUID that this tab keeps or, with a shared connection, this browser. */
  clientId?: string
  /** Topics to subscribe to. A segment `*` matches any one segment, a last `**` all remaining segments. */
  topics?: Iterable<string>
  /**
   * The stream token, if the server requires one, or a function that returns a fresh one each time the stream is opened.
   * Before a token ends, the function is called again, and another stream is opened with the new token before the old
   * one is closed. So nothing is missed.
   */
  token?: string | (() => string | Promise<string>)
  /** As in `fetch`; `include` sends cookies to another origin. */
  credentials?: RequestCredentials
  /**
   * Whether the tabs of this origin with the same client id share one connection. Each tab gets the messages of all
   * of them, once; the topics of all tabs are subscribed. Browsers support this on secure pages only; on other pages
   * each tab has its own connection.
   */
  shared?: boolean
  /** Whether messages are acknowledged after the handlers have returned; true by default. */
  ack?: boolean
  /** Where the client id and the position in the log are stored. Default: session storage (shared: local storage). */
  storage?: Pick<Storage, 'getItem' | 'setItem'>
}

export interface Message {
  /** Its cursor; missing for ephemeral messages. */
  readonly id?: string
  /** The event type of the push, otherwise `message`. `state`: the state of its topic, which a stream begins with if there is one. */
  readonly type: string
  /** The topic that it was pushed to; missing for messages to clients or to everyone. */
  readonly topic?: string
  /** The data of the push, unchanged. */
  readonly text: string
  /** The data parsed as JSON if it is JSON, otherwise the text. */
  readonly data: any
  /** Whether it was pushed while the stream was not open. */
  readonly replayed: boolean
  /**
   * The first of the messages whose place it takes. All messages with the same key have the same, so keep what you show under
   * `replaces ?? id`.
   */
  readonly replaces?: string
  /** How urgent it is. Do not notify about messages below `normal`. */
  readonly urgency: 'very-low' | 'low' | 'normal' | 'high'
}

export interface Standing {
  readonly state: 'connecting' | 'live' | 'waiting' | 'closed'
  /**
   * Why the stream is not live, for programs: `offline`, `unreachable`, `silent` (two pings are missing), `ended`, the `code`
   * of the server's refusal, `status_502` and the like, or the reason that the server gave before it closed.
   */
  readonly reason?: string
  /** The text of the server, for people. */
  readonly detail?: string
  /** Time of the next attempt, in milliseconds since 1970, while it waits. */
  readonly retryAt?: number
}

export interface Events {
  /** A message. The position advances after the handlers have returned. */
  message: Message
  /** The state of the stream has changed. */
  state: Standing
  /** The server has accepted the stream. `heartbeat` is in seconds, `retry_ms` is the `retry` of the stream. */
  welcome: { client_id: string; node: string; heartbeat: number; retry_ms: number; topics: string[] }
  /** Messages that are no longer available; the range is given if it is known. */
  gap: { from?: string; to?: string; reason: 'pruned' | 'expired' | 'unreadable' | 'unknown_epoch' | 'rolled_back' | 'slow_reader' }
  /** The message with this id was recalled. */
  recall: { id: string }
  /** A topic that is not allowed. The other topics stay subscribed. */
  refused: { topic: string; code: string; detail: string }
}

export interface Tidings extends Standing {
  readonly clientId: string
  /** Adds a handler. Returns a function that removes it. */
  on<Name extends keyof Events>(name: Name, then: (event: Events[Name]) => void): () => void
  subscribe(...topics: string[]): void
  unsubscribe(...topics: string[]): void
  /** Acknowledges all messages up to this one. */
  ack(id: string): void
  /** Retries now instead of waiting. */
  retry(): void
  /** Closes the stream permanently. */
  close(): void
}
