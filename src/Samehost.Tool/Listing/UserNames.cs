using System.Globalization;
using Samehost.Tool.Output;

namespace Samehost.Tool.Listing;

/// <summary>Users by name, each looked up once; by number where the system knows no name. Null where the kernel does not tell.</summary>
internal sealed class UserNames
{
    private readonly Dictionary<uint, string> _names = [];

    public string? Of(UnixSocketEntry socket) => Known(socket.UserId) ?? Keep(socket.UserId, socket.UserName);

    public string? Of(UnixSocketProcess holder) => Known(holder.UserId) ?? Keep(holder.UserId, holder.UserName);

    public string Of(StaleSocketFile file) => Known(file.UserId) ?? Keep(file.UserId, file.UserName)!;

    private string? Known(uint? user) => user is { } id ? _names.GetValueOrDefault(id) : null;

    private string? Keep(uint? user, string? name)
    {
        if (user is not { } id)
            return null;
        return _names[id] = name is null ? id.ToString(CultureInfo.InvariantCulture) : Printable.Text(name);
    }
}
