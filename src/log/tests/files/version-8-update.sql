-- What a private update of Mercure to books/1 and users/7 adds to the log of version 8. Never edit it.
INSERT INTO audiences VALUES(7,2,'books/1',0,0);
INSERT INTO audiences VALUES(8,2,'users/7',0,0);
INSERT INTO messages VALUES(6,1795958596569,NULL,0,7,'[8]',NULL,NULL,0,'a book');
INSERT INTO posts VALUES(0,1,6,-7);
INSERT INTO posts VALUES(0,7,6,NULL);
INSERT INTO posts VALUES(0,8,6,NULL);
INSERT INTO updates VALUES(6,1,'urn:book:1',500);
UPDATE log SET counted = 6, counted_to = 6;
