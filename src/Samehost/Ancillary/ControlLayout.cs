namespace Samehost.Ancillary;

/// <summary>Where things are in a control buffer (cmsg(3)): a header of length, level and type, then the payload, aligned to
/// words.</summary>
internal static class ControlLayout
{
    public const int SOL_SOCKET = 1;
    public const int SCM_RIGHTS = 1;
    public const int SCM_CREDENTIALS = 2;
    public const int SCM_SECURITY = 3;
    public const int SCM_PIDFD = 4;

    /// <summary><c>struct cmsghdr</c>: the length as a word, then level and type.</summary>
    public static readonly int HeaderSize = nint.Size + 2 * sizeof(int);

    /// <summary>The most descriptors that the kernel takes in one message (SCM_MAX_FD).</summary>
    public const int MostDescriptors = 253;

    /// <summary>The room that one control message takes, padding included.</summary>
    public static int Space(int payload) => Align(HeaderSize) + Align(payload);

    public static int Align(int length) => (length + nint.Size - 1) & ~(nint.Size - 1);
}
