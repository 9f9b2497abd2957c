import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Ends the run with `N passed, N failed` alone on its line. A file that cannot be loaded and an unhandled error count as failed. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        if (state === 'failed') failedHere += 1;
      }
      failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere;
    }
    console.log(`${String(passed)} passed, ${String(failed)} failed`);
  }
}
