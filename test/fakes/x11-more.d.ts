// What tests use of the package beyond what the product does.
import type { Sync } from 'x11';

declare module 'x11' {
  interface XTest {
    FakeInput(type: number, detail: number, time: number, window: number, x: number, y: number): void;
  }
  interface Client {
    require(extension: 'xtest', answer: (error: unknown, extension: XTest) => void): void;
    require(extension: 'sync', answer: (error: unknown, extension: Sync) => void): void;
    CreateWindow(id: number, parent: number, x: number, y: number, width: number, height: number): void;
    DestroyWindow(id: number): void;
    ChangeProperty(
      mode: 0,
      window: number,
      property: number,
      type: number,
      format: 32,
      data: readonly number[],
    ): void;
    DeleteProperty(window: number, property: number): void;
    sync(): Promise<void>;
    terminate(): void;
  }
}
