-- What makes lists quick. The store fills it in at the end of every change, see store/listing.py.

-- How urgent a finding is by itself, without its deadline, as store/sql/listing_rank.sql says; the
-- more, the sooner. Below zero when nothing is to be done about it.
ALTER TABLE finding ADD COLUMN priority INTEGER;

-- Where its words are, as the search reads them. Whoever changes a text of a finding sets the
-- number of its words to NULL.
ALTER TABLE finding ADD COLUMN wording_id INTEGER;
ALTER TABLE finding ADD COLUMN place_id INTEGER;

-- Texts of findings in lower case; a number that does not follow on a letter is one character, which
-- no text has. Many findings share one row.
CREATE TABLE text_wording (
    id INTEGER NOT NULL, title VARCHAR NOT NULL, rule VARCHAR NOT NULL,
    package_name VARCHAR NOT NULL, vulnerability VARCHAR NOT NULL, description VARCHAR NOT NULL
);

CREATE TABLE text_place (
    id INTEGER NOT NULL, asset VARCHAR NOT NULL, path VARCHAR NOT NULL
);
