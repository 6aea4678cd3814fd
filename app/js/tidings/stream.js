// One stream, kept open.
//
// It uses `fetch` instead of `EventSource`. `EventSource` does not report the answer of the server, cannot send
// headers, stops reconnecting after an error status, delivers typed messages only to listeners of their type, and
// does not detect a dead connection. Whatever ends a stream here, it is opened again after a delay, from the last
// position. A stream that misses two pings counts as ended. A stream whose token ends soon is replaced: the next one is
// opened before it is closed.

import { eventParser } from './event_parser.js'

/** The stream has to send `welcome` within this time, in milliseconds. */
const WELCOME_TIMEOUT = 15_000
/** How late a ping may be, in milliseconds, before it counts as missing. */
const GRACE = 2_000
/** Bytes that are handled in one task, so that the page stays responsive during a long backlog. */
const SLICE = 16_384

/** Yields to the browser for rendering and input. Unlike a timer, this is not throttled in hidden pages. */
const yieldToBrowser = () =>
  new Promise(done => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = done
    port2.postMessage(0)
  })

/** The longest delay between two attempts, in milliseconds, before jitter. */
const MAX_DELAY = 30_000

/**
 * The state of a stream.
 * @typedef {object} Standing
 * @property {'connecting' | 'live' | 'waiting' | 'closed'} state
 * @property {string} [reason] why it is not live, for programs
 * @property {string} [detail] the text of the server, for people
 * @property {number} [retryAt] time of the next attempt, in milliseconds since 1970
 */

/**
 * @param {object} what
 * @param {(renews?: boolean) => Promise<[string, RequestInit]>} what.request returns the request to send; `renews` if
 *   a stream is open
 * @param {boolean} what.canRenew whether a request later may have a newer token
 * @param {(event: import('./event_parser.js').StreamEvent) => void} what.onEvent called with every event
 * @param {() => void} what.onChunk called after all events of a chunk
 * @param {(standing: Standing, patience: number) => void} what.onState called with every change of state, and with
 *   the milliseconds within which the next event or change will follow
 * @param {() => boolean} what.isOffline whether it is already known that the server cannot be reached
 */
export const keepStream = ({ request, canRenew, onEvent, onChunk, onState, isOffline }) => {
  let state = 'closed', due = 0, heartbeat = 0, failures = 0, patience = 0
  let timer, abort

  /** Something has to happen within this many milliseconds. */
  const setDeadline = milliseconds => {
    patience = milliseconds
    due = Date.now() + milliseconds
  }

  /** Closes the current connection and reports the new state. */
  const transition = (now, milliseconds, reason, detail) => {
    abort?.abort()
    abort = undefined
    announce(now, milliseconds, reason, detail)
  }

  const announce = (now, milliseconds, reason, detail) => {
    state = now
    setDeadline(milliseconds)
    onState({ state, reason, detail, retryAt: state == 'waiting' ? due : undefined }, patience)
    checkDeadline()
  }

  /** Handles the timer that has elapsed. */
  const checkDeadline = () => {
    clearTimeout(timer)
    const left = due - Date.now()
    if (state == 'closed') return
    if (left > 0) timer = setTimeout(checkDeadline, left)
    else if (state == 'connecting') fail('silent')
    else open(state == 'live' ? 'silent' : undefined)
  }

  /** The connection ended or could not be opened. Delays grow, with jitter, so that many tabs do not reconnect at once. */
  const fail = (reason, detail, atLeast = 0) => {
    const delay = Math.min(1000 * 2 ** failures++, MAX_DELAY)
    transition('waiting', Math.max(atLeast, delay * (0.5 + Math.random())), reason, detail)
  }

  const open = reason => {
    transition('connecting', WELCOME_TIMEOUT, reason)
    // A handler may have closed the stream.
    if (state != 'connecting') return
    const mine = (abort = new AbortController())
    read(mine).catch(() => mine == abort && fail(isOffline() ? 'offline' : 'unreachable'))
  }

  const read = async mine => {
    const response = await send(mine)
    if (mine != abort) return
    if (response.status == 204) return transition('closed', 0, 'ended')
    if (!isStream(response)) return refused(mine, response)
    return consume(mine, response)
  }

  const send = async (mine, renews) => {
    const [url, init] = await request(renews)
    return fetch(url, { ...init, cache: 'no-store', signal: mine.signal })
  }

  const isStream = response => /^text\/event-stream/i.test(response.headers.get('content-type'))

  /** Replaces the connection `old`. If that fails, it stays until the server closes it. */
  const renew = async old => {
    if (old != abort) return
    const next = new AbortController()
    const response = await send(next, true)
    if (old != abort || !isStream(response)) return next.abort()
    abort = next
    old.abort()
    consume(next, response).catch(() => next == abort && fail(isOffline() ? 'offline' : 'unreachable'))
  }

  const consume = async (mine, response) => {
    const parse = eventParser(event => mine == abort && handle(event))
    const reader = response.body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (mine != abort) return
      if (done) return fail('ended')
      if (state == 'live') setDeadline(patience)
      for (let at = 0; at < value.length; at += SLICE) {
        parse(value.subarray(at, at + SLICE))
        onChunk()
        await yieldToBrowser()
        if (mine != abort) return
      }
    }
  }

  /** Repeating the request at once does not help when the request itself is refused. */
  const refused = async (mine, response) => {
    const { status, headers } = response
    const problem = await response.json().catch(() => ({}))
    if (mine != abort) return
    if (status < 500 && status != 408 && status != 429) failures = 5
    const detail = problem.detail ?? `The server answers with status ${status}.`
    fail(problem.code ?? `status_${status}`, detail, Math.min(headers.get('retry-after') * 1000 || 0, 3_600_000))
  }

  const handle = event => {
    const { type, text } = event
    if (type == 'welcome') {
      failures = 0
      heartbeat = JSON.parse(text).heartbeat * 1000
      announce('live', 2 * heartbeat + GRACE)
    }
    if (type == 'reconnect') {
      const { after_ms, closes_ms, reason } = JSON.parse(text)
      if (closes_ms) {
        const old = abort
        if (canRenew) setTimeout(() => renew(old).catch(() => {}), after_ms)
        return
      }
      return transition('waiting', after_ms, reason)
    }
    onEvent(event)
  }

  return {
    open: () => open(),
    close: () => transition('closed', 0),
    /** Retries now. */
    retry() {
      if (state == 'waiting') open()
    },
    /** The page may have slept, or the network may have changed, so running delays and timers are not reliable. */
    wake() {
      if (state == 'waiting' && !isOffline()) open()
      else if (state != 'closed' && state != 'waiting' && isOffline()) fail('offline')
      else checkDeadline()
    }
  }
}
