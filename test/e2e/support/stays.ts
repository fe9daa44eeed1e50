/** Moves the mouse again and again until `seen` is over: the person is there for as long as that takes. */
export async function stays<T>(person: { move(): void }, seen: () => Promise<T>): Promise<T> {
  person.move();
  const moving = setInterval(() => {
    person.move();
  }, 500);
  try {
    return await seen();
  } finally {
    clearInterval(moving);
  }
}
