/// One token signed four times by one RSA key that was then thrown away, with OpenSSL 3.0's `rsa_pss_saltlen` 32, 20, 0 and the
/// longest that fits.
enum SaltVectors {
    static let modulus =
        "qrV2eXRy9fXspF23LacjGe2pdZ8xrvemT6xY3WyEzNmhLncGDSoL5eQ0enG9c7pVzyxSMSMZeBUxX8BlKuYjWHvQz_K0C6Ot-xJlbgyMBXqrYX"
        + "q6Mk9bhUmTdqqmtqj9XBOMQ0X76ZhNBk6_aspNwOL5btOJknInTZO6KVFx7lqtUCiBkD90w5hiufMSgQnmi69MH3I5u5hvzjMR_xuTqL7HQsQM"
        + "Y3A7lzb2tlmh43bjHDKDwlcYPhd5-lOiqd3BRetE8JvECUE8Ajo6YU-W27Z14KUR7sDB8BxFuxErbewi5Vm7ndqNTsN0oLPX4wtdMdPxKkPYEB"
        + "Qx5RCKLN-42w"
    static let key = #"{"kty":"RSA","kid":"k1","e":"AQAB","n":"\#(modulus)"}"#
    static let input =
        "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJQUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL2FzLmV4YW1wbGUuY29tIiwiYXVkIjoiaH"
        + "R0cHM6Ly9hcGkuZXhhbXBsZS5jb20iLCJzdWIiOiJzIiwiY2xpZW50X2lkIjoiYyIsImV4cCI6MTkwMDAwMDMwMCwiaWF0IjoxODk5OTk5OTkw"
        + "LCJqdGkiOiJqIiwiY25mIjp7Ing1dCNTMjU2IjoiQTREdEwySm1VTWhBc3ZKajV0S3luNjRTcXptdVhiTXJKYTBuNzYxeTV2MCJ9fQ"
    static let salt32 =
        "k6PjjbjP2nej2oAGrYmWJfab5wwYrMTjgDtvGHsqAO3SoRfrQrly6wpbWBQd-alalPAdWYkz6olg_EFHN8EOlydmGdcmlDYTpabAARYi9yWXsu"
        + "H473vFGdyUtcsmNrAfBEb44iOZMQKdM2qtOKFdr_0zBrt3SVaEzrGKKM9UpKJWH4r9r_Sd-KuO9yh0lPfy60A-4YRuRRD-nd1hIaJXotP9x0tt"
        + "-GdnQBBKpAZonHcSqvlPLrwiJqEy72yqsn388gX9-FPieBUERJi_AvK8c5fnetUmsB-n0QDYk6_u1Ny5wOvYdvOFfeO9zBaDvb86zVnBqGmIVL"
        + "RQQi49kKSrwg"
    static let salt20 =
        "GtwjKMf62dcuZLX5ZKTa-CrpyI5IE6MexHqc1q4yX1qYU1pgMY9v-A7gwY8-bPqeNwDCq3uhMhKRDMWD4UPhxBLejmspA1OlxmEWAcR3ay8uku"
        + "bJQdx0EPI-I1BK8QSimTKsDBJMhjrxCrPBnq9MzN0wEPm2YwOCv92NcGFn4ybE3SgaVbYSeAj5bOw4EzBO9SogD1B4qGUyKEKgnwVCBWUfWJjA"
        + "dCsaxJaOHe8UeT8AEdutRUwYDqla-JCJQ38EsF2UWAV2ive1qIKCgRGdvQ4JJU_WwCWmLIwluTKR5l_OnyZeOryQMZthgHXfAqR1xx46VccISj"
        + "qZL8xnpNcWag"
    static let salt0 =
        "bc5hsmCJqTH1tQmPb9BSxS93jAViom6mP-qSuGFUcbR0U5DxpcI_B_L5kN6zQe2qkyyeWH6l1Sn-zEFxpnEMnqZ4In3tkzXH2zcjhgW68Lr7aS"
        + "T6-pGjxJgai9YmB-ebv_X3Xxd1JI6VUPVmifWUeVFBEm_VfuylgvV_hPdNAZlcMg9EO1Qty8sv9RhAtQdnvfHJeH_Ed7y4P756XjmRWEYl5U7f"
        + "pKbqodMibHjET5TrEVYjpbT8iVD6wRX5IPB3_yFU6VfdMx3YlHYYAH5pcuV4Gi7z2Bm-6ScPGg0p0m5dZ6Td0A_WYuujJCoy8GJu0OBBc9xbyT"
        + "06az8qX4nCxA"
    static let saltLongest =
        "UQd977BhKsStSs9bJMmi05ezBlyDaeLmwpj963gYHit6wCGFZ9epxUZjubnYu8rR8iCHA5l11ST6A8ETaKXW1UnHKqXAm8LGkHR3yuHoBMYSvH"
        + "27LBBficYhb53NDvdEXnyoT5GQAdUxI1N6V0Wagfqrw84Mp1_Fv4Kif53igvPXGrJc3D0xVRDSr_qPBrn5KeGSYJTe11fLiGglIdaAfDBfDwS4"
        + "3YGxXQ7-GAyMaJJrO-fU9Y2UnhZWV_teZnAaPo2q2r984UdPoMGLEU-fIUX44HnPOq-yZep3NVWeaQxx8HyA12CMvdr1Hf1C9OyUOpZyOGOD26"
        + "not677At0Big"
}
