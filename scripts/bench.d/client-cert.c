// Gives a program that cannot present a client certificate (wrk) one of its own, by preloading:
//   cc -shared -fPIC -O2 -o client-cert.so client-cert.c -ldl -lssl
//   CLIENT_CERT=client.pem CLIENT_KEY=client.key LD_PRELOAD=./client-cert.so wrk https://...
#define _GNU_SOURCE
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method) {
    static SSL_CTX *(*real)(const SSL_METHOD *);
    if (!real) real = dlsym(RTLD_NEXT, "SSL_CTX_new");
    SSL_CTX *context = real(method);
    const char *certificate = getenv("CLIENT_CERT"), *key = getenv("CLIENT_KEY");
    if (context && certificate && key &&
        (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
         SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)) {
        fprintf(stderr, "client-cert: cannot use %s with %s\n", certificate, key);
        exit(1);
    }
    return context;
}
