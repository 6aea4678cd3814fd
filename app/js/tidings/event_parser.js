// Event streams, as the HTML standard has them parsed (section 9.2.6).

/**
 * One event as it came.
 * @typedef {object} StreamEvent
 * @property {string} type `message` where the stream names none
 * @property {string} [id] the `id:` of this very event
 * @property {string} [topic] the topic that it came by, which Tidings names in a field of its own
 * @property {string} text its data, line by line
 */

/**
 * A parser that is fed with bytes, cut wherever the network cut them. `told` is called with each whole event.
 * @param {(event: StreamEvent) => void} told
 * @returns {(bytes: Uint8Array) => void}
 */
export const eventParser = told => {
  // It keeps half a character for later, and takes the byte order mark away.
  const decoder = new TextDecoder()
  let rest = '', afterReturn = false
  let type, id, topic, data

  const line = text => {
    if (!text) {
      if (data) told({ type: type || 'message', id, topic, text: data.join('\n') })
      type = id = topic = data = undefined
      return
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(text)
    if (name == 'event') type = value
    if (name == 'topic') topic = value
    if (name == 'data') (data ??= []).push(value)
    if (name == 'id' && !value.includes('\0')) id = value
  }

  return bytes => {
    let text = decoder.decode(bytes, { stream: true })
    // A line ends at once with its CR; the LF of a CRLF may come with the next bytes.
    if (afterReturn && text[0] == '\n') text = text.slice(1)
    else if (!text) return
    afterReturn = text.endsWith('\r')
    const lines = text.split(/\r\n?|\n/)
    lines[0] = rest + lines[0]
    rest = lines.pop()
    lines.forEach(line)
  }
}
