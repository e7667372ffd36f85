/** Frames that want to be taken for the shell. Needs `bridgeScript`, and `createClient` and the webview entry, in a page. */
export const attackScript = `
const addFrame = (attributes, html) => {
  const frame = document.createElement('iframe')
  for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value)
  frame.srcdoc = html
  const loaded = new Promise(resolve => frame.addEventListener('load', () => resolve(frame), { once: true }))
  document.body.append(frame)
  return loaded
}

/** Posts what it is told to: by itself, or by a frame of its own that it removes at once, whose event has no source then. */
const attacker = \`<body><script>
  addEventListener('message', ({ data: { text, isGone } }) => {
    if (!isGone) return parent.postMessage(text, '*')
    const inner = document.createElement('iframe')
    document.body.append(inner)
    inner.contentWindow.eval('top.postMessage(' + JSON.stringify(text) + ', "*")')
    inner.remove()
  })
</script></body>\`

const attack = async () => {
  const foreign = await addFrame({ sandbox: 'allow-scripts' }, attacker)
  const own = await addFrame({}, attacker)
  const events = []
  let heard = () => {}
  const hear = ({ data, isTrusted, source }) => {
    const from = typeof data === 'string' && JSON.parse(data).from
    if (!from) return
    events.push({ from, isTrusted, hasSource: source !== null })
    // Once the client has heard it, too: promises go on between two listeners of one event.
    setTimeout(heard)
  }
  addEventListener('message', hear)
  const post = (frame, id, from) => new Promise(resolve => {
    heard = resolve
    const session = { accessToken: 'access-mallory', subject: 'mallory' }
    const text = JSON.stringify({ latchkey: 1, id, status: 'signed-in', session, from })
    frame.contentWindow.postMessage({ text, isGone: from === 'gone' }, '*')
  })
  const shell = installBridge('react-native', async ({ id }, reply) => {
    await post(foreign, id, 'cross-origin')
    await post(own, id, 'same origin')
    await post(own, id, 'gone')
    reply({ latchkey: 1, id, status: 'signed-in', session: { accessToken: 'access-alice', subject: 'alice' } })
  })
  const client = createClient({ baseUrl: 'https://api.example.com/', refresh: shellRefresh() })
  const { subject } = await client.session.ready()
  client.dispose()
  shell.remove()
  removeEventListener('message', hear)
  foreign.remove()
  own.remove()
  return { events, subject }
}

/** Posts the events of a shell, as objects and as JSON, and what is none: many of each, and one that is huge. */
const flooder = \`<body><script>
  addEventListener('message', ({ data: count }) => {
    const cyclic = { latchkey: 1, type: 'signed-out' }
    cyclic.self = cyclic
    const forged = ['signed-out', 'signed-in', 'refreshed'].flatMap(type =>
      [{ latchkey: 1, type }, JSON.stringify({ latchkey: 1, type })])
    for (let round = 0; round < count; round += 1)
      for (const data of [...forged, cyclic, null, [], '{', 1n, new Map([['latchkey', 1]])]) parent.postMessage(data, '*')
    parent.postMessage(JSON.stringify({ latchkey: 1, type: 'signed-out', padding: 'x'.repeat(5e6) }), '*')
    parent.postMessage('last', '*')
  })
</script></body>\`

/** What comes of a page that follows its shell, and of what its shell was asked. */
const flood = async count => {
  const frames = [await addFrame({ sandbox: 'allow-scripts' }, flooder), await addFrame({}, flooder)]
  const asked = []
  const shell = installBridge('react-native', ({ id, type }, reply) => {
    asked.push(type)
    reply({ latchkey: 1, id, status: 'signed-in', session: { accessToken: 'access-alice', subject: 'alice' } })
  })
  const client = createClient({ baseUrl: 'https://api.example.com/', refresh: shellRefresh() })
  const stop = followShell(client)
  await client.session.ready()
  const errors = []
  let heard = 0
  const note = ({ message }) => void errors.push(message)
  addEventListener('error', note)
  for (const frame of frames) {
    const over = new Promise(resolve => {
      const hear = ({ data }) => {
        heard += 1
        if (data !== 'last') return
        removeEventListener('message', hear)
        resolve()
      }
      addEventListener('message', hear)
    })
    frame.contentWindow.postMessage(count, '*')
    await over
    frame.remove()
  }
  const { status, subject, generation } = client.session.getSnapshot()
  stop()
  client.dispose()
  shell.remove()
  removeEventListener('error', note)
  return { heard, asked, errors, status, subject, generation }
}

/** Each found under its name in the page, with a postMessage: a cross-origin one, and one three frames deep. */
const nameFrames = async () => {
  let received = 0
  const hear = ({ data }) => { if (data === 'received') received += 1 }
  addEventListener('message', hear)
  const listening = "<script>addEventListener('message', () => top.postMessage('received', '*'))</script>"
  const nested = '<iframe name="messageHandlers" srcdoc="<iframe name=latchkey></iframe>"></iframe>'
  const kinds = {}
  for (const [name, html] of [['latchkey', listening], ['ReactNativeWebView', listening], ['webkit', nested]]) {
    const frame = await addFrame({ name, sandbox: 'allow-scripts' }, html)
    if (!self[name]) throw new Error('There is no frame named ' + name)
    kinds[name] = shellKind()
    const client = createClient({
      baseUrl: 'https://api.example.com/', refresh: shellRefresh(), limits: { refreshTimeoutMs: 50, patienceMs: 0 },
    })
    await client.session.ready()
    client.dispose()
    frame.remove()
  }
  removeEventListener('message', hear)
  return { kinds, received }
}
`
