// setfsuid(2): lets one thread touch files as another user.
using System.Runtime.InteropServices;
using Samehost.Interop;

namespace Samehost.Tests.Errors.Interop;

/// <summary>Runs code on a thread of its own that, when this is root, has only the file permissions of user 65534.</summary>
internal static partial class FileSystemUser
{
    public static T WithoutPrivileges<T>(Func<T> code)
    {
        T result = default!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                if (LibcIdentity.EffectiveUser() == 0)
                    _ = setfsuid(65534);
                result = code();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result : throw new InvalidOperationException("The code on the other thread failed.", failure);
    }

    [LibraryImport("libc")]
    private static partial int setfsuid(uint user);
}
