# Last.fm-2k, as the README shows it. Skipped where the data is not there.
[ -d "$data/hetrec_lastfm2k" ] || exit 77
ok segue fit "$data/hetrec_lastfm2k/user_artists.dat" --titles "$data/hetrec_lastfm2k/artists.dat" --factors 50 -o lastfm.segue
err_has "1,892 users, 17,632 items, 92,834 interactions"
for artist in "The Smiths" "Pink Floyd" "Blur" "The Clash" "Yes"; do
  ok segue similar lastfm.segue "$artist" -n 20 --json
  json_check "$out" "
assert lines[0]['results'][0]['title'] == '$artist' and len(lines[0]['results']) == 20
assert all(a['score'] >= b['score'] for a, b in zip(lines[0]['results'], lines[0]['results'][1:]))"
done
ok segue lookup lastfm.segue --user 2 --item "DURAN DURAN"
out_is 13883
ok segue recommend lastfm.segue --user 2 --json
json_check "$out" "assert len(lines[0]['results']) == 10"
ok segue inspect lastfm.segue --verify
