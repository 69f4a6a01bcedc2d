# A report is one file that needs nothing beside it, and says what was measured.
write_log log.tsv
for user in $(seq -w 1 40); do printf 'user%s\t<script>alert("x")</script> & co\t999\n' "$user" >>log.tsv; done

# No script, nothing from elsewhere, tags that close, every picture with something in it.
cat >page.py <<'END'
import sys
from html.parser import HTMLParser

VOID = {"meta", "line", "rect", "circle", "path", "br"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        assert tag != "script" and not any(name.startswith("on") for name, _ in attributes), (tag, attributes)
        assert not any(value and "//" in value for _, value in attributes), attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text += data


text = open(sys.argv[1], encoding="utf-8").read()
page = Page()
page.feed(text)
assert page.open in ([], ["li"]), page.open
assert "http" not in text and "url(" not in text and "@import" not in text
assert page.seen.count("svg") >= int(sys.argv[2]), page.seen.count("svg")
assert "nan" not in text.replace("nance", "") and "inf" not in text.replace("info", ""), "a number that is not finite"
for wanted in sys.argv[3:]:
    assert wanted in page.text, wanted
END
check() { python3 page.py "$@" || fail "the page $1 is not as it should be"; }

ok segue evaluate log.tsv $columns --models als,bpr,popularity,ease --metrics ndcg@5,auc --factors 4 --iterations 4 --resamples 100 \
  --report report.html --per-user users.tsv --json
err_has "report.html"
json_check "$out" "assert [l['metric'] for l in lines] == 4 * ['ndcg@5', 'auc']" # what the report adds is not printed
check report.html 8 "NDCG by the length" "Loss by iteration" "Examples" "coverage" '<script>alert("x")</script> & co' \
  "evaluate log.tsv" "ndcg@5"
# What was measured and how, and what the terminal shows: differences, p, ties.
check report.html 8 "log.tsv; split random, share 0.2, split-seed 42" "against als" "95 % interval" "iterations 4, " \
  "evaluate log.tsv --user 1 --item 2 --value 3 --format delimited --header no" "--metrics ndcg@5,auc --resamples 100 --factors 4"
head -n 1 users.tsv >head
printf 'model\tuser\tndcg@5\tauc\n' >expected
cmp -s head expected || fail "another header: $(cat head)"
json_check "$out" "
import csv
rows = list(csv.DictReader(open('users.tsv'), delimiter='\t'))
for line in lines:
    values = [float(r[line['metric']]) for r in rows if r['model'] == line['model']]
    assert len(values) == line['users'] and abs(sum(values) / len(values) - line['mean']) < 1e-9, line"

# What is not an older report is left alone; an older one is replaced.
printf 'my thesis' >thesis.html
expect_status 2 segue evaluate log.tsv $columns --report thesis.html
[ "$(cat thesis.html)" = "my thesis" ] || fail "the file is gone"
expect_status 2 segue evaluate log.tsv $columns --per-user thesis.html
expect_status 3 segue evaluate log.tsv $columns --report nowhere/report.html
# A pipe would be waited for, and one of two files in one place would be lost.
mkfifo pipe
expect_status 2 segue evaluate log.tsv $columns --report pipe
expect_status 2 segue evaluate log.tsv $columns --per-user pipe
expect_status 2 segue evaluate log.tsv $columns --report both --per-user ./both
ok segue evaluate log.tsv $columns --models popularity --resamples 0 --report report.html --per-user users.tsv
check report.html 5 "popularity"

# Nearly all with the same length of history are a group of their own, and examples differ.
awk 'BEGIN {
  for (u = 1; u <= 60; ++u) for (i = 0; i < (u <= 6 ? 3 + 2 * u : 20); ++i) printf "u%d,i%d,1\n", u, (u * 7 + i * i) % 200
}' | sort -u >even.csv
ok segue evaluate even.csv --format delimited --header no --user 1 --item 2 --value 3 --models popularity --report report.html
check report.html 5 "Users from little to much history" "its share stands below"

ok segue tune log.tsv $columns --model als --factors 4 --trials 4 --metric ndcg@5 --report tuning.html
check tuning.html 3 "What each option does" "regularization, best" "weighting, best" "segue fit log.tsv" "binary" "auto"
# Each picture of an option has the best trial in the second colour, at 0 as well.
python3 - <<'END' || fail "a picture without the best"
import re
page = open("tuning.html", encoding="utf-8").read()
pictures = re.findall(r"<figcaption>(\w+), best [^<]*</figcaption>(.*?)</svg>", page, re.S)
assert len(pictures) >= 4, pictures
for name, picture in pictures:
    assert picture.count('class="s1 dot"') == 1 and picture.count("dot") == 4, (name, picture)
END
ok segue tune log.tsv $columns --model ease --trials 3 --metric ndcg@5 --report ease.html
check ease.html 2 "l2"
