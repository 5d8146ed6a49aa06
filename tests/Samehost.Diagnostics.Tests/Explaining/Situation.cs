using System.Net.Sockets;
using Samehost.Tests.Support;
namespace Samehost.Tests.Diagnostics.Explaining;

/// <summary>A situation that programs get into, made for real in a directory of its own.</summary>
/// <param name="Name">As the table of the documentation names it.</param>
/// <param name="Make">Makes it; returns the address to connect to.</param>
internal sealed record Situation(string Name, Func<SituationDirectory, Task<string>> Make)
{
    /// <summary>What connects.</summary>
    public SocketType SocketType { get; init; } = SocketType.Stream;

    /// <summary>Whether it is root that connects and not the other user.</summary>
    public bool IsForRoot { get; init; }

    /// <summary>What has to be said besides the verdict.</summary>
    public string? Note { get; init; }

    /// <summary>Whether the test's working directory has to be the folder.</summary>
    public bool IsRelative { get; init; }
}
