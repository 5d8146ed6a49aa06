namespace Samehost.Stress.Fuzz;

/// <summary>All targets.</summary>
internal static class FuzzTargets
{
    private static readonly (string Name, Func<string, FuzzTarget> Create)[] All =
    [
        ("addresses", static _ => new AddressTarget()),
        ("policies", static _ => new PolicyTarget()),
        ("frames", static _ => new FrameTarget()),
        ("lines", static _ => new LineTarget()),
        ("listen", static _ => new ListenTarget()),
        ("notify", static _ => new NotifyTarget()),
        ("handover", static directory => new HandoverTarget(directory)),
        ("recordings", static _ => new RecordingTarget()),
        ("http", static directory => new HttpTarget(directory)),
    ];

    public static IEnumerable<string> Names => All.Select(static t => t.Name);

    /// <param name="name">Which.</param>
    /// <param name="directory">Where it may make sockets.</param>
    public static FuzzTarget Create(string name, string directory) => All.Single(t => t.Name == name).Create(directory);
}
