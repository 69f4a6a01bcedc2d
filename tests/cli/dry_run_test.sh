# fit --dry-run says what a training takes, and leaves nothing behind.
ok segue synth --users 20000 --items 15000 -o log.plays
ok segue fit log.plays --factors 200 --iterations 3 --dry-run
out_has "at the peak, about"
out_has "time, about"
out_has "for 3 iterations with solver cg"
lacks_file log.segue

# The estimate of memory is within 15 % of what the training then takes. (A sanitizer's own memory is not in it.)
ok segue fit log.plays --factors 200 --iterations 3 --dry-run --log-format json
cp "$err" estimate
ok segue fit log.plays --factors 200 --iterations 3 --log-format json
cp "$err" done
if ! grep -q __asan_init "$program" && ! grep -q __tsan_init "$program"; then
  json_check estimate "said = [l for l in lines if l['event'] == 'estimate'][0]['memory_bytes']
took = [json.loads(l) for l in open('done')]
took = [l for l in took if l['event'] == 'done'][0]['peak_memory_bytes']
assert 0.85 * took < said < 1.15 * took, (said, took)"
fi

# An option out of range is told as without it.
expect_status 2 segue fit log.plays --factors 0 --dry-run
err_has "--factors"
