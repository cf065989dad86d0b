// What the server is asked, and what it tells by itself.

/** Asks for an object; an error has the server's own sentence. */
export async function ask(path, query = {}) {
  const response = await fetch(`${path}?${new URLSearchParams(query)}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/**
 * Listens while the page can be seen. `begin` is called whenever everything must be asked for anew: at first, and after
 * the connection was lost or the page was hidden. The browser itself connects again after a second.
 */
export function listen({ begin, run, points, gone, link }) {
  let events = null;

  function connect() {
    events = new EventSource('/api/events');
    events.addEventListener('open', () => {
      link('live');
      begin().catch(() => link('lost'));            // the server has just gone; when it is back, this begins again
    });
    events.addEventListener('error', () => link(events.readyState === EventSource.CLOSED ? 'refused' : 'lost'));
    const on = (name, listener) => events.addEventListener(name, event => listener(JSON.parse(event.data)));
    on('run', run);
    on('points', points);
    on('gone', gone);
  }

  // A browser holds few connections to one server, and each page that listens keeps one.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) events.close();
    else if (events.readyState === EventSource.CLOSED) connect();
  });
  connect();
}
