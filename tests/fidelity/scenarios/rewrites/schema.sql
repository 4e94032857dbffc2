-- what the planner makes of a query before it looks for paths: keys that determine others, outer joins that are none, set operations
CREATE TABLE team (id integer PRIMARY KEY, league integer NOT NULL, name text NOT NULL);
CREATE TABLE player (id integer PRIMARY KEY, team_id integer, grade integer NOT NULL, born date NOT NULL, nick text);
CREATE TABLE score (id integer PRIMARY KEY, player_id integer NOT NULL, round integer NOT NULL, points integer, bonus integer);
INSERT INTO team SELECT i, i % 8, 'team ' || CAST(i AS text) FROM generate_series(1, 200) AS g(i);
INSERT INTO player SELECT i, CASE WHEN i % 10 = 0 THEN NULL ELSE 1 + i * 37 % 200 END, i * 7 % 20, DATE '1990-01-01' + i * 13 % 5000, CASE WHEN i % 3 = 0 THEN NULL ELSE 'nick ' || CAST(i % 500 AS text) END FROM generate_series(1, 5000) AS g(i);
INSERT INTO score SELECT i, 1 + i * 31 % 5000, i * 11 % 40, CASE WHEN i % 7 = 0 THEN NULL ELSE i * 17 % 100 END, i * 29 % 1000 FROM generate_series(1, 20000) AS g(i);
CREATE INDEX player_team_idx ON player (team_id);
CREATE INDEX player_grade_born_idx ON player (grade, born);
CREATE INDEX score_player_idx ON score (player_id);
CREATE INDEX score_round_bonus_idx ON score (round, bonus);
CREATE INDEX score_points_idx ON score (points) WHERE points IS NOT NULL;
CREATE TABLE award (id integer PRIMARY KEY, player_id bigint, kind smallint, paid boolean NOT NULL, label varchar(20));
INSERT INTO award SELECT i, CASE WHEN i % 9 = 0 THEN NULL ELSE i * 3 - 50 END, i % 12 - 2, i % 4 = 0, 'label ' || CAST(i % 30 AS text) FROM generate_series(1, 3000) AS g(i);
CREATE INDEX award_paid_idx ON award (id) WHERE paid;
CREATE INDEX award_flag_idx ON award (paid);
