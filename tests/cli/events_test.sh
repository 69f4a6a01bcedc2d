# --log-format json: one object a line, nothing else, and the fields that docs/logs.md promises.
write_log log.tsv
printf 'user01\tBlur\thello\n' >>log.tsv
ok segue fit log.tsv $columns --factors 4 --iterations 3 -o model.segue --log-format json
out_is_empty
json_check "$err" "
assert [l['event'] for l in lines] == ['ingest', 'weigh', 'iteration', 'iteration', 'iteration', 'done'], lines
ingest, weigh, sweep, done = lines[0], lines[1], lines[2], lines[-1]
assert ingest['rows_read'] == ingest['rows_kept'] + ingest['rows_rejected'] and ingest['rows_rejected'] == 1
bad = next(r for r in ingest['rejections'] if r['rows'])
assert bad['examples'][0]['column'] == 13 and bad['reason'] and bad['fix'], bad
for field in ('file', 'detected', 'seconds', 'bytes', 'blank_lines', 'duplicates', 'dropped_by_minimum', 'items_with_several_keys',
              'items_without_title', 'users', 'items', 'interactions', 'matrix_bytes'):
    assert field in ingest, field
assert list(weigh) == ['event', 'weighting', 'seconds']
assert list(sweep) == ['event', 'n', 'of', 'seconds', 'loss', 'interactions_per_second']
assert [l['n'] for l in lines[2:5]] == [1, 2, 3] and all(l['of'] == 3 and l['loss'] > 0 for l in lines[2:5])
for field in ('command', 'output', 'output_bytes', 'seconds', 'iterations', 'factors_checksum', 'peak_memory_bytes', 'loss'):
    assert field in done, field"
ok segue ingest log.tsv $columns -o log.plays --log-format=json
json_check "$err" "assert [l['event'] for l in lines] == ['ingest', 'done']"
ok segue fit log.plays --iterations 0 --log-format json
json_check "$err" "assert [l['event'] for l in lines] == ['open', 'weigh', 'done'] and 'loss' not in lines[-1]"

expect_status 3 segue fit missing.tsv --log-format json
json_check "$err" "
assert len(lines) == 1
e = lines[0]
assert list(e) == ['event', 'code', 'exit_status', 'where', 'problem', 'fix'], e
assert e['code'] == 'not_found' and e['exit_status'] == 3 and e['where'] == {'file': 'missing.tsv', 'line': 0, 'column': 0}"
# Errors of the command line, too.
expect_status 2 segue fit --log-format json
json_check "$err" "assert lines[0]['code'] == 'invalid_argument'"
expect_status 2 segue fit log.tsv --factor 3 --log-format json
json_check "$err" "assert lines[0]['code'] == 'invalid_argument'"
expect_status 2 segue --log-format json
json_check "$err" "assert lines[0]['event'] == 'error'"
