/** The other end of a {@link WorkerHandle}: what a worker script says to the process that started it. */
export interface Parent {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
}

interface MessagePortLike {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

/**
 * Connects a worker script to its parent: Electron's utility process has `process.parentPort`, Node's fork has
 * `process.send`. The worker ends when its parent goes. Throws when there is no parent.
 */
export function connectToParent(): Parent {
  const port = (process as unknown as { parentPort?: MessagePortLike }).parentPort;
  if (port) {
    return {
      send: (message) => {
        port.postMessage(message);
      },
      onMessage: (listener) => {
        port.on('message', ({ data }) => {
          listener(data);
        });
      },
    };
  }
  if (!process.send) throw new Error('a worker script needs a parent process');
  process.on('disconnect', () => {
    process.exit(0);
  });
  return {
    send: (message) => {
      // A parent that has just gone ends us by `disconnect`; what could not be sent is of no use to anybody.
      process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => {
      process.on('message', listener);
    },
  };
}
