// SPDX-License-Identifier: GPL-2.0
/* Loading Vulkan and its device, and having that do something. */
#include <dlfcn.h>
#include <glob.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "vulkan.h"

#define LIBRARY	"libvulkan.so.1"
#define DRIVERS	"/usr/share/vulkan/icd.d/lvp_icd*.json"
/* How long a device is looked at, and then waited for. */
#define LONG_NS	100000000
#define SHORT_NS	1000000
/* Of which one is looked for. */
#define MAX_DEVICES	16
#define MAX_FAMILIES	8

#define CALL(name) { "vk" #name, offsetof(struct vulkan_calls, name) }

static const struct {
	const char *name;
	size_t at;
} calls[] = {
	CALL(CreateInstance), CALL(DestroyInstance),
	CALL(EnumeratePhysicalDevices), CALL(GetPhysicalDeviceFeatures2),
	CALL(GetPhysicalDeviceProperties),
	CALL(GetPhysicalDeviceMemoryProperties),
	CALL(GetPhysicalDeviceQueueFamilyProperties), CALL(GetDeviceProcAddr),
	CALL(CreateDevice), CALL(DestroyDevice), CALL(GetDeviceQueue),
	CALL(AllocateMemory), CALL(FreeMemory), CALL(MapMemory), CALL(CreateBuffer),
	CALL(DestroyBuffer), CALL(GetBufferMemoryRequirements),
	CALL(BindBufferMemory), CALL(GetBufferDeviceAddress),
	CALL(CreateShaderModule), CALL(DestroyShaderModule),
	CALL(CreatePipelineLayout), CALL(DestroyPipelineLayout),
	CALL(CreateComputePipelines), CALL(DestroyPipeline),
	CALL(CreateCommandPool), CALL(DestroyCommandPool),
	CALL(ResetCommandPool), CALL(AllocateCommandBuffers),
	CALL(BeginCommandBuffer), CALL(EndCommandBuffer),
	CALL(CmdBindPipeline), CALL(CmdPushConstants), CALL(CmdDispatchBase),
	CALL(CmdCopyBuffer), CALL(CmdPipelineBarrier),
	CALL(CreateFence), CALL(DestroyFence), CALL(ResetFences),
	CALL(WaitForFences), CALL(GetFenceStatus), CALL(QueueSubmit),
};

/* Always false, so that callers can return it. */
bool vulkan_lacks(struct vulkan *v, const char *what)
{
	v->lack = what;
	return false;
}

static bool load(struct vulkan *v)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL), *call;
	size_t i;

	if (!library)
		return vulkan_lacks(v, "no " LIBRARY " (package libvulkan1)");
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		call = dlsym(library, calls[i].name);
		if (!call)
			return vulkan_lacks(v, LIBRARY " is older than Vulkan 1.3");
		memcpy((char *)&v->vk + calls[i].at, &call, sizeof(call));
	}
	return true;
}

/* Nothing in between, and no files or threads of drivers' own where they let us. */
static bool set_up_drivers(struct vulkan *v)
{
	static const char *const environment[][2] = {
		{ "VK_LOADER_LAYERS_DISABLE", "~all~" },
		{ "MESA_SHADER_CACHE_DISABLE", "true" },
		{ "LP_NUM_THREADS", "0" },
		{ "__GL_SHADER_DISK_CACHE", "0" },
	};
	size_t i;

	for (i = 0; i < sizeof(environment) / sizeof(environment[0]); i++)
		if (setenv(environment[i][0], environment[i][1], 1))
			return vulkan_lacks(v, "memory");
	return true;
}

/*
 * Lavapipe and no other driver, which would look for devices. It may be there for
 * several architectures, of which Vulkan's loader takes the one that it can load.
 */
static bool choose_lavapipe(struct vulkan *v)
{
	char files[PATH_MAX] = "";
	glob_t found;
	bool ok = !glob(DRIVERS, 0, NULL, &found);
	size_t i, at = 0;

	for (i = 0; ok && i < found.gl_pathc && at < sizeof(files); i++)
		at += snprintf(files + at, sizeof(files) - at, "%s%s",
			       i ? ":" : "", found.gl_pathv[i]);
	ok = ok && !setenv("VK_DRIVER_FILES", files, 1);
	globfree(&found);
	return ok || vulkan_lacks(v, "no " DRIVERS " (package mesa-vulkan-drivers)");
}

static bool make_instance(struct vulkan *v)
{
	const VkApplicationInfo app = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.apiVersion = VK_API_VERSION_1_3,
	};
	const VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &app,
	};

	return !v->vk.CreateInstance(&info, NULL, &v->instance) ||
	       vulkan_lacks(v, "no Vulkan instance");
}

/* The first that is wanted. */
static bool choose_device(struct vulkan *v)
{
	VkPhysicalDevice all[MAX_DEVICES];
	VkPhysicalDeviceProperties of;
	uint32_t nr = MAX_DEVICES, i;
	VkResult ret;

	ret = v->vk.EnumeratePhysicalDevices(v->instance, &nr, all);
	if (ret && ret != VK_INCOMPLETE)
		nr = 0;
	for (i = 0; i < nr && !v->physical; i++) {
		v->vk.GetPhysicalDeviceProperties(all[i], &of);
		if (!v->chosen || strstr(of.deviceName, v->chosen))
			v->physical = all[i];
	}
	if (!v->physical)
		return vulkan_lacks(v, v->chosen ? "no Vulkan device of this name" :
						   "no Vulkan device");
	v->vk.GetPhysicalDeviceMemoryProperties(v->physical, &v->kinds);
	return true;
}

/* The first of its kinds of queues that computes. */
static bool choose_family(struct vulkan *v)
{
	VkQueueFamilyProperties of[MAX_FAMILIES];
	uint32_t nr = MAX_FAMILIES;

	v->vk.GetPhysicalDeviceQueueFamilyProperties(v->physical, &nr, of);
	for (v->family = 0; v->family < nr; v->family++)
		if (of[v->family].queueFlags & VK_QUEUE_COMPUTE_BIT)
			return true;
	return vulkan_lacks(v, "a Vulkan device that computes");
}

/*
 * Whatever a module may ask for (module.c), so that the same programs are refused as
 * on other hosts, and none gets to a driver that cannot know what to make of it.
 */
static bool can_all(const VkPhysicalDeviceFeatures *f,
		    const VkPhysicalDeviceVulkan11Features *of_11,
		    const VkPhysicalDeviceVulkan12Features *of_12)
{
	return f->shaderInt16 && f->shaderInt64 && f->shaderFloat64 &&
	       of_11->storageBuffer16BitAccess && of_12->storageBuffer8BitAccess &&
	       of_12->shaderInt8 && of_12->shaderFloat16 &&
	       of_12->shaderBufferInt64Atomics &&
	       of_12->shaderSharedInt64Atomics && of_12->scalarBlockLayout &&
	       of_12->vulkanMemoryModel && of_12->vulkanMemoryModelDeviceScope;
}

/* With all that it can. */
static bool make_device(struct vulkan *v)
{
	static const char *const extensions[] = {
		VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
	};
	static const float priority;
	VkPhysicalDeviceVulkan13Features of_13 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES,
	};
	VkPhysicalDeviceVulkan12Features of_12 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
		.pNext = &of_13,
	};
	VkPhysicalDeviceVulkan11Features of_11 = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
		.pNext = &of_12,
	};
	VkPhysicalDeviceFeatures2 features = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
		.pNext = &of_11,
	};
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueFamilyIndex = v->family,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.pNext = &features,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = v->chosen ? 0 : 1,
		.ppEnabledExtensionNames = extensions,
	};
	VkPhysicalDeviceProperties properties;

	v->vk.GetPhysicalDeviceProperties(v->physical, &properties);
	if (properties.apiVersion < VK_API_VERSION_1_3)
		return vulkan_lacks(v, "a Vulkan driver older than 1.3");
	v->vk.GetPhysicalDeviceFeatures2(v->physical, &features);
	if (!of_12.bufferDeviceAddress ||
	    properties.limits.maxPushConstantsSize < 256)
		return vulkan_lacks(v, "a Vulkan driver without what programs need");
	/* Lavapipe is the measure; what it can depends on the CPU a little. */
	if (v->chosen && !can_all(&features.features, &of_11, &of_12))
		return vulkan_lacks(v, "a Vulkan device that can do all that programs may ask for");
	if (v->vk.CreateDevice(v->physical, &info, NULL, &v->device))
		return vulkan_lacks(v, "a Vulkan driver that cannot reach memory of ours");
	v->vk.GetDeviceQueue(v->device, v->family, 0, &v->queue);
	if (v->chosen)
		return true;
	v->host_pointer = (PFN_vkGetMemoryHostPointerPropertiesEXT)
		v->vk.GetDeviceProcAddr(v->device,
					"vkGetMemoryHostPointerPropertiesEXT");
	return v->host_pointer || vulkan_lacks(v, "part of a Vulkan driver");
}

static bool make_commands(struct vulkan *v)
{
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.queueFamilyIndex = v->family,
	};
	const VkFenceCreateInfo fence = {
		.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
	};
	VkCommandBufferAllocateInfo buffer = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.commandBufferCount = 1,
	};

	if (v->vk.CreateCommandPool(v->device, &pool, NULL, &v->pool) ||
	    v->vk.CreateFence(v->device, &fence, NULL, &v->fence))
		return vulkan_lacks(v, "memory for Vulkan");
	buffer.commandPool = v->pool;
	return !v->vk.AllocateCommandBuffers(v->device, &buffer, &v->commands) ||
	       vulkan_lacks(v, "memory for Vulkan");
}

/**
 * vulkan_open() - have a device
 * @v: for it; all 0
 * @chosen: a part of its name; NULL: lavapipe
 *
 * Return: false if that cannot be; v->lack says what is missing.
 */
bool vulkan_open(struct vulkan *v, const char *chosen)
{
	v->chosen = chosen;
	return set_up_drivers(v) && (chosen || choose_lavapipe(v)) && load(v) &&
	       make_instance(v) && choose_device(v) && choose_family(v) &&
	       make_device(v) && make_commands(v);
}

/**
 * vulkan_close() - the opposite, also after a failure
 * @v: the device
 */
void vulkan_close(struct vulkan *v)
{
	if (v->device) {
		vulkan_leave(v);
		v->vk.DestroyFence(v->device, v->fence, NULL);
		v->vk.DestroyCommandPool(v->device, v->pool, NULL);
		v->vk.DestroyDevice(v->device, NULL);
	}
	if (v->instance)
		v->vk.DestroyInstance(v->instance, NULL);
}

/**
 * vulkan_begin() - what is recorded from now on is for vulkan_submit()
 * @v: the device
 *
 * Return: false if that cannot be.
 */
bool vulkan_begin(struct vulkan *v)
{
	const VkCommandBufferBeginInfo begin = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};

	return !v->vk.ResetCommandPool(v->device, v->pool, 0) &&
	       !v->vk.BeginCommandBuffer(v->commands, &begin);
}

/*
 * Lavapipe is done when it says so; another device is looked at. A driver may find out
 * that its device has failed only when it is really waited for.
 */
static bool wait(struct vulkan *v)
{
	uint64_t since = now_ns();
	VkResult ret;

	if (!v->chosen)
		return !v->vk.WaitForFences(v->device, 1, &v->fence, VK_TRUE,
					    UINT64_MAX);
	do {
		ret = v->vk.GetFenceStatus(v->device, v->fence);
		if (ret == VK_NOT_READY && now_ns() - since > LONG_NS) {
			ret = v->vk.WaitForFences(v->device, 1, &v->fence,
						  VK_TRUE, SHORT_NS);
			since = now_ns();
		}
	} while (ret == VK_NOT_READY || ret == VK_TIMEOUT);
	return !ret;
}

/**
 * vulkan_submit() - have done what was recorded, and wait until it is
 * @v: the device
 *
 * Return: false if it is not.
 */
bool vulkan_submit(struct vulkan *v)
{
	const VkSubmitInfo submit = {
		.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.commandBufferCount = 1,
		.pCommandBuffers = &v->commands,
	};

	return !v->vk.EndCommandBuffer(v->commands) &&
	       !v->vk.QueueSubmit(v->queue, 1, &submit, v->fence) && wait(v) &&
	       !v->vk.ResetFences(v->device, 1, &v->fence);
}
