namespace Samehost.Tool.Benchmarks;

/// <summary>What the other process does with an end that it is given.</summary>
internal enum Work : byte
{
    /// <summary>Sends back what comes.</summary>
    Echo = 1,

    /// <summary>The same through this library's asynchronous calls.</summary>
    EchoByLibrary = 2,

    /// <summary>Sends as much as goes.</summary>
    Send = 3,

    /// <summary>The same through this library's asynchronous calls.</summary>
    SendByLibrary = 4,
}
