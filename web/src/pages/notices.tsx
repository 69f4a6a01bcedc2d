// What others wrote of this page, and under what terms. The text is put in by the build (build.mjs).
import { useTitle } from '../title';
import { Head } from '../ui';

declare const NOTICES: string;

export function Notices() {
  useTitle('Notices');
  return (
    <>
      <Head title="Notices" line="This page holds the work of others:" />
      <pre class="card pad notices" tabIndex={0}>
        {NOTICES}
      </pre>
    </>
  );
}
