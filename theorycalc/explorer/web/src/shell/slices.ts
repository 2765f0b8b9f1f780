/** Long work in short slices, so that the page answers a key while it goes on. */

const SLICE = 10; // ms

/** One piece of work at a time: starting or stopping ends what was going on. */
export class Slices {
  private turn = 0;
  private readonly queue: () => Promise<void>;

  constructor(pause: () => Promise<void> = nextTask) {
    this.queue = pause;
  }

  stop(): void {
    this.turn++;
  }

  /** Run to the end unless stopped; what the work throws goes to `failed`. */
  async run(work: Iterator<unknown>, failed: (problem: unknown) => void): Promise<boolean> {
    const turn = ++this.turn;
    try {
      for (;;) {
        await this.queue();
        if (turn !== this.turn) return false;
        const end = performance.now() + SLICE;
        do {
          if (work.next().done) return true;
        } while (performance.now() < end);
      }
    } catch (problem) {
      if (turn === this.turn) failed(problem);
      return false;
    }
  }
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
