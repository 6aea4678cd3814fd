// One stream, kept open.
//
// It is read by `fetch` and not by `EventSource`, which tells nobody what the server answered, can't send a
// header, gives up for good on an error status, hands over typed messages only to who lists their types, and
// does not notice a connection that died without a word. So whatever ends a stream, it is opened again here
// after a wait, from the last place; and a stream that misses two pings has ended.

import { eventParser } from './event_parser.js'

/** A stream has to say `welcome` within so many milliseconds. */
const PATIENCE = 15_000
/** What a ping may be late, in milliseconds, before it counts as missing. */
const GRACE = 2_000
/** So many bytes are told at once: somebody who comes back to a long backlog can go on using the page. */
const SLICE = 16_384

/** Lets the browser do what waits: draw, and hear the person. Unlike a timer it takes no longer where nobody looks. */
const breathe = () =>
  new Promise(done => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = done
    port2.postMessage(0)
  })

/** The longest wait for the next try, in milliseconds, before it is spread. */
const LONGEST = 30_000

/**
 * How a stream stands.
 * @typedef {object} Standing
 * @property {'connecting' | 'live' | 'waiting' | 'closed'} state
 * @property {string} [reason] why it is not live, for programs
 * @property {string} [detail] what the server said, for people
 * @property {number} [retryAt] when it is opened again, in milliseconds since 1970
 */

/**
 * @param {object} what
 * @param {() => Promise<[string, RequestInit]>} what.request what to fetch now
 * @param {(event: import('./event_parser.js').StreamEvent) => void} what.told called with every event
 * @param {() => void} what.settled called when what came together has been told
 * @param {(standing: Standing, patience: number) => void} what.changed called with every change, and in how many
 *   milliseconds it will tell something, or change again
 * @param {() => boolean} what.cutOff whether the server can't be reached, and everybody knows
 */
export const keepStream = ({ request, told, settled, changed, cutOff }) => {
  let state = 'closed', due = 0, heartbeat = 0, failures = 0, patience = 0
  let timer, abort

  /** Something has to happen within so many milliseconds. */
  const within = milliseconds => {
    patience = milliseconds
    due = Date.now() + milliseconds
  }

  /** Lets go of the connection there is, and says how it stands now. */
  const become = (now, milliseconds, reason, detail) => {
    abort?.abort()
    abort = undefined
    announce(now, milliseconds, reason, detail)
  }

  const announce = (now, milliseconds, reason, detail) => {
    state = now
    within(milliseconds)
    changed({ state, reason, detail, retryAt: state == 'waiting' ? due : undefined }, patience)
    look()
  }

  /** What is due now? */
  const look = () => {
    clearTimeout(timer)
    const left = due - Date.now()
    if (state == 'closed') return
    if (left > 0) timer = setTimeout(look, left)
    else if (state == 'connecting') lost('silent')
    else open(state == 'live' ? 'silent' : undefined)
  }

  /** It ended, or never began. Tries become rarer, and tabs that lost their server together come back apart. */
  const lost = (reason, detail, atLeast = 0) => {
    const steady = Math.min(1000 * 2 ** failures++, LONGEST)
    become('waiting', Math.max(atLeast, steady * (0.5 + Math.random())), reason, detail)
  }

  const open = reason => {
    become('connecting', PATIENCE, reason)
    // Who was told that may have closed it.
    if (state != 'connecting') return
    const mine = (abort = new AbortController())
    read(mine).catch(() => mine == abort && lost(cutOff() ? 'offline' : 'unreachable'))
  }

  const read = async mine => {
    const [url, init] = await request()
    const response = await fetch(url, { ...init, cache: 'no-store', signal: mine.signal })
    if (mine != abort) return
    if (response.status == 204) return become('closed', 0, 'ended')
    if (!/^text\/event-stream/i.test(response.headers.get('content-type'))) return refused(mine, response)
    const parse = eventParser(event => mine == abort && heard(event))
    const reader = response.body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (mine != abort) return
      if (done) return lost('ended')
      if (state == 'live') within(patience)
      for (let at = 0; at < value.length; at += SLICE) {
        parse(value.subarray(at, at + SLICE))
        settled()
        await breathe()
        if (mine != abort) return
      }
    }
  }

  /** Asking the same again at once won't help where the request itself is refused. */
  const refused = async (mine, response) => {
    const { status, headers } = response
    const problem = await response.json().catch(() => ({}))
    if (mine != abort) return
    if (status < 500 && status != 408 && status != 429) failures = 5
    const detail = problem.detail ?? `The server answers with status ${status}.`
    lost(problem.code ?? `status_${status}`, detail, Math.min(headers.get('retry-after') * 1000 || 0, 3_600_000))
  }

  const heard = event => {
    const { type, text } = event
    if (type == 'welcome') {
      failures = 0
      heartbeat = JSON.parse(text).heartbeat * 1000
      announce('live', 2 * heartbeat + GRACE)
    }
    if (type == 'reconnect') {
      const { after_ms, reason } = JSON.parse(text)
      return become('waiting', after_ms, reason)
    }
    told(event)
  }

  return {
    open: () => open(),
    close: () => become('closed', 0),
    /** Tries now instead of waiting. */
    retry() {
      if (state == 'waiting') open()
    },
    /** The page may have slept, or the network changed: waits and timers mean little now. */
    wake() {
      if (state == 'waiting' && !cutOff()) open()
      else if (state != 'closed' && state != 'waiting' && cutOff()) lost('offline')
      else look()
    }
  }
}
