#!/bin/sh
# Certificates for tests of TLS on loopback: an authority, a server called prometheus.test, a client. They open nothing.
set -e
days=36500
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days -subj "/CN=predictive-scaler test authority" -keyout authority.key -out authority.pem
for name in server client; do
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout $name.key -out $name.csr
  printf 'subjectAltName=DNS:prometheus.test\n' > $name.ext
  openssl x509 -req -in $name.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days $days -extfile $name.ext -out $name.pem
  rm $name.csr $name.ext
done
rm authority.key authority.srl
