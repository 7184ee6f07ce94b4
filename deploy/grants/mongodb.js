// The least that Pannier needs on MongoDB, for mongosh on the database `shop`. The password is asked for.
db.createUser({ user: "shop", pwd: passwordPrompt(), roles: [{ role: "readWrite", db: "shop" }] });
