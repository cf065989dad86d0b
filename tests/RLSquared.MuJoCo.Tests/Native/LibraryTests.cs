using System.Runtime.InteropServices;
using RLSquared.MuJoCo.Native;

namespace RLSquared.MuJoCo.Tests.Native;

/// <summary>MuJoCo missing, of another version, or not what it should be: one sentence each.</summary>
public sealed class LibraryTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Without_MuJoCo_one_sentence_says_how_to_install_it()
    {
        string message = Assert.Throws<PhysicsException>(() => Library.FindAmong(["libnotthere.so"])).Message;
        Assert.Equal("MuJoCo is not found on this machine: install it with apt-get install libmujoco-dev (Debian, " +
            "Ubuntu), or take release 2.2.2 from github.com/google-deepmind/mujoco and let RL2_MUJOCO name its library",
            message);
    }

    [Fact]
    public void A_variable_that_names_no_library_is_told_and_nothing_else_is_taken_instead()
    {
        string none = folder.At("none.so");
        string message = Assert.Throws<PhysicsException>(() => Library.Find(none)).Message;
        Assert.StartsWith($"RL2_MUJOCO names {none}, which is no shared library and no folder with ", message,
            StringComparison.Ordinal);
        Assert.Contains("RL2_MUJOCO", Assert.Throws<PhysicsException>(() => Library.Find(folder.Path)).Message,
            StringComparison.Ordinal);
        File.WriteAllText(none, "no library");
        Assert.StartsWith($"RL2_MUJOCO names {none}, which", Assert.Throws<PhysicsException>(
            () => Library.Find(none)).Message, StringComparison.Ordinal);
    }

    [CompilerFact]
    public void Another_version_is_refused_by_its_name()
    {
        string path = Pretend("int mj_version(void) { return 316; }");
        string message = Assert.Throws<PhysicsException>(() => Library.Find(path)).Message;
        Assert.StartsWith($"MuJoCo 3.1.6 ({path}) is of another version than 2.2.2, whose structures are known: ",
            message, StringComparison.Ordinal);
        Assert.Contains("apt-get install libmujoco-dev", message, StringComparison.Ordinal);
    }

    [CompilerFact]
    public void A_library_of_something_else_is_refused()
    {
        string path = Pretend("int answer(void) { return 42; }");
        Assert.StartsWith($"{path} is no MuJoCo: it has no mj_version; ",
            Assert.Throws<PhysicsException>(() => Library.Find(path)).Message, StringComparison.Ordinal);
        string half = Pretend("int mj_version(void) { return 222; }", "half");
        Assert.StartsWith($"{half} is no MuJoCo: it has no mj_loadXML; ",
            Assert.Throws<PhysicsException>(() => Library.Find(half)).Message, StringComparison.Ordinal);
    }

    [PhysicsFact]
    public void It_is_found_in_a_folder_that_the_variable_names()
    {
        string path = PathOf(PhysicsEngine.Path);
        File.CreateSymbolicLink(folder.At(System.IO.Path.GetFileName(PhysicsEngine.Path)), path);
        Assert.Equal(222, Library.Find(folder.Path).Layout.Version);
        Assert.Equal(222, Library.Find(path).Layout.Version);
        Assert.Equal("2.2.2", PhysicsEngine.Version);
        Assert.Null(PhysicsEngine.Complaint());
    }

    // Each field is put where another one lies. Counts, doubles and pointers are mixed up among themselves alone, so
    // that the check reads wrong numbers and not memory that is not there.
    [PhysicsFact]
    public void Each_field_in_a_wrong_place_is_found_when_the_library_is_loaded()
    {
        StructureLayout right = Library.Shared.Layout;
        (string Field, StructureLayout Wrong)[] faults =
        [
            ("counts", right with { PositionCount = right.VelocityCount }),
            ("counts", right with { ControlCount = right.BodyCount }),
            ("counts", right with { ShapeCount = right.JointCount }),
            ("opt.timestep", right with { TimeStep = right.TimeStep + 8 }),
            ("qpos0", right with { InitialPositions = right.BodyMasses }),
            ("body_mass", right with { BodyMasses = right.InitialPositions }),
            ("jnt_stiffness", right with { JointStiffnesses = right.JointRanges }),
            ("jnt_range", right with { JointRanges = right.JointStiffnesses }),
            ("dof_damping", right with { Dampings = right.InitialPositions }),
            ("actuator_gear", right with { Gears = right.Dampings }),
            ("qpos", right with { Positions = right.Velocities }),
            ("qvel", right with { Velocities = right.Positions }),
            ("xpos", right with { BodyPositions = right.ExternalForces }),
            ("time", right with { Time = right.Time + 8 }),
            ("qacc_warmstart", right with { WarmStart = right.Velocities }),
            ("ncon", right with { ContactCount = right.ContactCount - 4 }),
            ("cfrc_ext", right with { ExternalForces = right.BodyPositions }),
            ("warning", right with { Warnings = right.Warnings + 8 }),
            ("warning", right with { Warnings = right.Warnings + 4 }),
        ];
        nint handle = NativeLibrary.Load(PathOf(PhysicsEngine.Path));
        foreach ((string field, StructureLayout wrong) in faults)
        {
            string message = Assert.Throws<PhysicsException>(() => Library.Open(handle, "here", wrong)).Message;
            Assert.StartsWith("MuJoCo 2.2.2 (here) does not keep mj", message, StringComparison.Ordinal);
            Assert.Contains(field, message, StringComparison.Ordinal);
        }
        Assert.Equal(222, Library.Open(handle, "here").Layout.Version);
    }

    [PhysicsFact(compiler: true)]
    public void The_offsets_are_those_of_the_headers_where_they_are_installed()
    {
        Assert.SkipUnless(File.Exists("/usr/include/mujoco/mujoco.h"), "MuJoCo's headers are not here");
        string source = System.IO.Path.Combine(Root(AppContext.BaseDirectory), "benchmarks", "mujoco", "offsets.c");
        string program = Compiler.Build(folder.Path, "offsets", File.ReadAllText(source));
        StructureLayout layout = Library.Shared.Layout;
        Dictionary<string, int> known = typeof(StructureLayout).GetProperties()
            .Where(property => property.PropertyType == typeof(int) && property.GetMethod!.IsStatic == false)
            .ToDictionary(property => property.Name, property => (int)property.GetValue(layout)!);
        Dictionary<string, int> found = Compiler.Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => int.Parse(
                parts[1], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(found.OrderBy(entry => entry.Key), known.OrderBy(entry => entry.Key));
    }

    [Theory]
    [InlineData(222, "2.2.2")]
    [InlineData(210, "2.1.0")]
    [InlineData(3003, "30.0.3")]
    public void A_version_reads_as_its_makers_write_it(int version, string name) =>
        Assert.Equal(name, StructureLayout.Name(version));

    string Pretend(string source, string name = "pretend") =>
        Compiler.Build(folder.Path, $"{name}.so", source, "-shared", "-fPIC");

    // The loader found it by its name; here it is needed with its folder.
    static string PathOf(string library)
    {
        if (System.IO.Path.IsPathRooted(library))
            return library;
        string line = File.ReadLines("/proc/self/maps").First(
            line => line.Contains("libmujoco", StringComparison.Ordinal));
        return line[line.IndexOf('/', StringComparison.Ordinal)..];
    }

    internal static string Root(string folder) => File.Exists(System.IO.Path.Combine(folder, "RLSquared.slnx")) ? folder
        : Root(System.IO.Path.GetDirectoryName(folder)!);
}
