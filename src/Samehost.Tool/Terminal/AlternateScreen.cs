using System.Globalization;
using System.Text;
using Samehost.Programs;

namespace Samehost.Tool.Terminal;

/// <summary>
/// The terminal's alternate screen, without a cursor; disposing restores the previous content. Lines wider than the screen are cut.
/// </summary>
internal sealed class AlternateScreen : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l\e[?7l\e[2J";
    private const string Leave = "\e[?7h\e[?25h\e[?1049l";

    private readonly List<string> _shown = [];
    private int _height;

    public AlternateScreen() => TerminalWriter.Write(Enter);

    /// <summary>Draws the lines that differ from those shown; writes nothing when none does.</summary>
    public void Show(IReadOnlyList<string> lines)
    {
        if (Height() is var height && height != _height)
            Invalidate();
        _height = height;
        var drawing = new StringBuilder();
        for (var i = 0; i < Math.Max(Math.Min(lines.Count, height), _shown.Count); i++)
        {
            var line = i >= lines.Count ? "" : i == height - 1 && lines.Count > height ? More(lines.Count - i) : lines[i];
            if (i == _shown.Count)
                _shown.Add("");
            if (_shown[i] == line)
                continue;
            _shown[i] = line;
            drawing.Append(CultureInfo.InvariantCulture, $"\e[{i + 1};1H{line}\e[K");
        }
        if (drawing.Length > 0)
            TerminalWriter.Write(drawing.ToString());
    }

    /// <summary>Makes the next <see cref="Show"/> draw everything.</summary>
    public void Invalidate()
    {
        _shown.Clear();
        TerminalWriter.Write("\e[2J");
    }

    public void Dispose()
    {
        try
        {
            TerminalWriter.Write(Leave);
        }
        catch (OutputException)
        {
            // the terminal is closed, and with it the screen
        }
    }

    private static string More(int lines) => string.Create(CultureInfo.InvariantCulture, $"… {lines} more");

    private static int Height() => Math.Max(Console.WindowHeight, 2);
}
