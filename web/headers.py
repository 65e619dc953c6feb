"""What every response tells the browser: to run, load, frame and share as little as can be.

Sources: https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides and
https://owasp.org/www-project-secure-headers/.
"""

from typing import Final

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src {styles}; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The `Content-Security-Policy` of a page; `styles` is `'self'`, or the hashes of its own styles."""
_UNUSED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
"""What no page needs, of what browsers know by name (others make them complain); it does write to the clipboard."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",  # does not keep an origin out that CORS lets in
}
PERMISSIONS: Final = ", ".join(f"{feature}=()" for feature in _UNUSED)
"""The `Permissions-Policy` of a page; to nothing else does it matter."""
OVER_TLS: Final = {
    "Strict-Transport-Security": "max-age=31536000",  # a year of TLS only, for this host and not for its siblings
    "Cross-Origin-Opener-Policy": "same-origin",  # without TLS browsers ignore it, and complain
}
