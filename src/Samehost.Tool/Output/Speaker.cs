namespace Samehost.Tool.Output;

/// <summary>Whose line it is.</summary>
internal sealed record Speaker(string Name, Color Color)
{
    public static readonly Speaker Typed = new("typed", Color.Yellow);
    public static readonly Speaker Server = new("server", Color.Green);
    public static readonly Speaker Client = new("client", Color.Cyan);
    public static readonly Speaker Why = new("why", Color.Magenta);
    public static readonly Speaker Note = new("note", Color.Magenta);
}
