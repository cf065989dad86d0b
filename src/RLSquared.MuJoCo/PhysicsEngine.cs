using RLSquared.MuJoCo.Native;

namespace RLSquared.MuJoCo;

/// <summary>
/// MuJoCo as it is found on this machine. It comes with no package of ours: it is looked for at run time, as
/// <c>libmujoco.so</c>, <c>libmujoco.dylib</c> or <c>mujoco.dll</c>, or where the environment variable
/// <c>RL2_MUJOCO</c> says.
/// </summary>
public static class PhysicsEngine
{
    /// <summary>Why MuJoCo cannot be used, in one sentence that says how to install it; null if it can.</summary>
    public static string? Complaint()
    {
        try
        {
            _ = Library.Shared;
            return null;
        }
        catch (PhysicsException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>Its version, such as 2.2.2.</summary>
    /// <exception cref="PhysicsException">There is none, or another version.</exception>
    public static string Version => StructureLayout.Name(Library.Shared.Layout.Version);

    /// <summary>The library that was loaded.</summary>
    /// <exception cref="PhysicsException">There is none, or another version.</exception>
    public static string Path => Library.Shared.Path;
}
