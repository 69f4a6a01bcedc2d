# The card of a file, and whether its bytes are still what they were.
write_model
ok segue inspect model.segue
out_has "log.tsv"
out_has "8 factors"
out_has "seed 42"
out_has "loss by sweep"
out_has "factors.items"
ok segue inspect model.segue --verify
out_has "verified"
ok segue inspect model.segue --verify --json
json_check "$out" "
m = lines[0]
assert m['kind'] == 'model' and m['users'] == 41 and m['items'] == 18 and m['verified'] is True, m
c = m['card']
assert len(c['sweeps']) == 10 and c['sweeps'][0]['n'] == 1 and c['sweeps'][-1]['loss'] < c['sweeps'][0]['loss'], c
assert len(c['factors_checksum']) == 16 and len(c['data_checksum']) == 16 and c['simd_target'] and c['peak_memory_bytes'] > 0, c
assert sum(s['bytes'] for s in m['sections']) < m['bytes']"
ok segue ingest log.tsv $columns -o log.plays
ok segue inspect log.plays --json
json_check "$out" "assert lines[0]['kind'] == 'plays' and 'card' not in lines[0]"
expect_status 5 segue inspect log.tsv
err_has "segue ingest log.tsv"

# A byte flipped in the middle of the factors.
python3 -c '
import json, subprocess
s = next(s for s in json.loads(subprocess.check_output(["segue", "inspect", "model.segue", "--json"]))["sections"] if s["name"] == "factors.items")
b = bytearray(open("model.segue", "rb").read())
b[s["offset"] + 1] ^= 1
open("damaged.segue", "wb").write(b)'
expect_status 6 segue inspect damaged.segue --verify
err_has "factors.items"
head -c 100 model.segue >short.segue
expect_status 6 segue inspect short.segue
expect_status 6 segue similar short.segue Blur

# A long training is drawn in part, which is said.
ok segue fit log.tsv $columns --factors 2 --iterations 30 -o long.segue
ok segue inspect long.segue
out_has "loss by sweep, 12 of 30 shown"
