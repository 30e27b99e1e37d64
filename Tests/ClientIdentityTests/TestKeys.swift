import CryptoExtras
import Foundation
import X509

/// Keys of sizes that no library makes willingly.
enum TestKeys {
    static func rsa(_ bits: Int) throws -> Certificate.PrivateKey {
        Certificate.PrivateKey(try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: bits)))
    }

    /// CN=Enormous, CA:TRUE, issued by some CN=Test Root, with a public key whose modulus has 16,384 bits. Nobody knows its
    /// factors, and nobody has to: it must be refused unused. Made with `openssl x509 -req -force_pubkey`.
    static let enormousCertificate = [UInt8](
        Data(
            base64Encoded:
                """
                MIIJRTCCCOygAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlUZXN0IFJvb3QwIBcNMjYxMTIxMDQyMDUyWhgPMjEyNjEwMjgwNDIwNT
                JaMBMxETAPBgNVBAMMCEVub3Jtb3VzMIIIIjANBgkqhkiG9w0BAQEFAAOCCA8AMIIICgKCCAEAxbRbAqlQ955F7JM64Ygv1n0ky3IZwGcOtVwD
                qlH4n0btlDviiTDXfiXMcxrBaA+2XQSrUvmgR+6VPOOKMdh/Js10G8JpELdeBaxT+qFI75Y95Isy2YAnznUcw2oRuF8GrVT7oknwlz7ljDPagS
                jPdh3EaxK5YAeuVfyjSvGYP+aNNNuCKdB3HsVsE7phCK9W/aRL8plA54413IMq0Xgfxm0Uu2IJsFf+pUzzmkHojzbdhCvSeSDHbhW8YwqxWP+m
                TfSbQumQN96FLNN6IchvFr1kC7JZAKdO9ZxD6pE434Yt1HsiyXAXvmUMs1oBqE/2nUTrkjnghy7VfCPKcRi/Zg20WwKpUPeeReyTOuGIL9Z9JM
                tyGcBnDrVcA6pR+J9G7ZQ74okw134lzHMawWgPtl0Eq1L5oEfulTzjijHYfybNdBvCaRC3XgWsU/qhSO+WPeSLMtmAJ851HMNqEbhfBq1U+6JJ
                8Jc+5Ywz2oEoz3YdxGsSuWAHrlX8o0rxmD/mjTTbginQdx7FbBO6YQivVv2kS/KZQOeONdyDKtF4H8ZtFLtiCbBX/qVM85pB6I823YQr0nkgx2
                4VvGMKsVj/pk30m0LpkDfehSzTeiHIbxa9ZAuyWQCnTvWcQ+qRON+GLdR7IslwF75lDLNaAahP9p1E65I54Icu1XwjynEYv2YNtFsCqVD3nkXs
                kzrhiC/WfSTLchnAZw61XAOqUfifRu2UO+KJMNd+JcxzGsFoD7ZdBKtS+aBH7pU844ox2H8mzXQbwmkQt14FrFP6oUjvlj3kizLZgCfOdRzDah
                G4XwatVPuiSfCXPuWMM9qBKM92HcRrErlgB65V/KNK8Zg/5o0024Ip0HcexWwTumEIr1b9pEvymUDnjjXcgyrReB/GbRS7YgmwV/6lTPOaQeiP
                Nt2EK9J5IMduFbxjCrFY/6ZN9JtC6ZA33oUs03ohyG8WvWQLslkAp071nEPqkTjfhi3UeyLJcBe+ZQyzWgGoT/adROuSOeCHLtV8I8pxGL9mDb
                RbAqlQ955F7JM64Ygv1n0ky3IZwGcOtVwDqlH4n0btlDviiTDXfiXMcxrBaA+2XQSrUvmgR+6VPOOKMdh/Js10G8JpELdeBaxT+qFI75Y95Isy
                2YAnznUcw2oRuF8GrVT7oknwlz7ljDPagSjPdh3EaxK5YAeuVfyjSvGYP+aNNNuCKdB3HsVsE7phCK9W/aRL8plA54413IMq0Xgfxm0Uu2IJsF
                f+pUzzmkHojzbdhCvSeSDHbhW8YwqxWP+mTfSbQumQN96FLNN6IchvFr1kC7JZAKdO9ZxD6pE434Yt1HsiyXAXvmUMs1oBqE/2nUTrkjnghy7V
                fCPKcRi/Zg20WwKpUPeeReyTOuGIL9Z9JMtyGcBnDrVcA6pR+J9G7ZQ74okw134lzHMawWgPtl0Eq1L5oEfulTzjijHYfybNdBvCaRC3XgWsU/
                qhSO+WPeSLMtmAJ851HMNqEbhfBq1U+6JJ8Jc+5Ywz2oEoz3YdxGsSuWAHrlX8o0rxmD/mjTTbginQdx7FbBO6YQivVv2kS/KZQOeONdyDKtF4
                H8ZtFLtiCbBX/qVM85pB6I823YQr0nkgx24VvGMKsVj/pk30m0LpkDfehSzTeiHIbxa9ZAuyWQCnTvWcQ+qRON+GLdR7IslwF75lDLNaAahP9p
                1E65I54Icu1XwjynEYv2YNtFsCqVD3nkXskzrhiC/WfSTLchnAZw61XAOqUfifRu2UO+KJMNd+JcxzGsFoD7ZdBKtS+aBH7pU844ox2H8mzXQb
                wmkQt14FrFP6oUjvlj3kizLZgCfOdRzDahG4XwatVPuiSfCXPuWMM9qBKM92HcRrErlgB65V/KNK8Zg/5o0024Ip0HcexWwTumEIr1b9pEvymU
                DnjjXcgyrReB/GbRS7YgmwV/6lTPOaQeiPNt2EK9J5IMduFbxjCrFY/6ZN9JtC6ZA33oUs03ohyG8WvWQLslkAp071nEPqkTjfhi3UeyLJcBe+
                ZQyzWgGoT/adROuSOeCHLtV8I8pxGL9mDbRbAqlQ955F7JM64Ygv1n0ky3IZwGcOtVwDqlH4n0btlDviiTDXfiXMcxrBaA+2XQSrUvmgR+6VPO
                OKMdh/Js10G8JpELdeBaxT+qFI75Y95Isy2YAnznUcw2oRuF8GrVT7oknwlz7ljDPagSjPdh3EaxK5YAeuVfyjSvGYP+aNNNuCKdB3HsVsE7ph
                CK9W/aRL8plA54413IMq0Xgfxm0Uu2IJsFf+pUzzmkHojzbdhCvSeSDHbhW8YwqxWP+mTfSbQumQN96FLNN6IchvFr1kC7JZAKdO9ZxD6pE434
                Yt1HsiyXAXvmUMs1oBqE/2nUTrkjnghy7VfCPKcRi/Zg20WwKpUPeeReyTOuGIL9Z9JMtyGcBnDrVcA6pR+J9G7ZQ74okw134lzHMawWgPtl0E
                q1L5oEfulTzjijHYfybNdBvCaRC3XgWsU/qhSO+WPeSLMtmAJ851HMNqEbhfBq1U+6JJ8Jc+5Ywz2oEoz3YdxGsSuWAHrlX8o0rxmD/mjTTbgi
                nQdx7FbBO6YQivVv2kS/KZQOeONdyDKtF4H8ZtFLtiCbBX/qVM85pB6I823YQr0nkgx24VvGMKsVj/pk30m0LpkDfehSzTeiHIbxa9ZAuyWQCn
                TvWcQ+qRON+GLdR7IslwF75lDLNaAahP9p1E65I54Icu1XwjynEYvw0CAwEAAaNjMGEwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAo
                QwHQYDVR0OBBYEFJzyOKYo0FwTOnBVFp8hTnwz3GU/MB8GA1UdIwQYMBaAFLgx7nkB/AB9/5Uz1pNqlP8lQMvkMAoGCCqGSM49BAMCA0cAMEQC
                IGJjic+qqObEX63mhI9VpyEh+JwuA2eJUPPsz9lseQN8AiBsAhH867hs+t765XeVbvzRr0WJhGqR/zRVsCI9ud+Zow==
                """, options: .ignoreUnknownCharacters) ?? Data())
}
