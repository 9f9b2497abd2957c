import process from 'node:process';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { isTitleOfNothing } from './title-of-nothing.ts';

/**
 * Ends the run with `N passed, N failed` alone on its line. A file that cannot be loaded, an unhandled error and a title that
 * names nothing count as failed.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        const nameless = isTitleOfNothing(test.fullName);
        if (nameless) {
          console.log(`A title was needed that says what is tested, got '${test.fullName}' in ${module.moduleId}. Write another template.`);
          process.exitCode = 1;
        }
        if (state === 'failed' || nameless) failedHere += 1;
        else if (state === 'passed') passed += 1;
      }
      failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere;
    }
    console.log(`${String(passed)} passed, ${String(failed)} failed`);
  }
}
